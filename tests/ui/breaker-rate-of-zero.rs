use routekit::prelude::*;

#[get("/prices", breaker(failure_rate = 0.0))]
async fn prices() {}

fn main() {}
