use routekit::prelude::*;

#[get("/prices", breaker(window = 0))]
async fn prices() {}

fn main() {}
