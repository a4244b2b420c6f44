use routekit::prelude::*;

#[get("/prices", breaker())]
async fn prices() {}

fn main() {}
