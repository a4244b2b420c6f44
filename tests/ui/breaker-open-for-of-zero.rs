use routekit::prelude::*;

#[get("/prices", breaker(open_for = 0))]
async fn prices() {}

fn main() {}
