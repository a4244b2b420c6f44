use routekit::prelude::*;

#[get("/prices", breaker(failure_rate = "0.5"))]
async fn prices() {}

fn main() {}
