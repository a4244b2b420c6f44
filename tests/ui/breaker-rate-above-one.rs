use routekit::prelude::*;

#[get("/prices", breaker(failure_rate = 1.5))]
async fn prices() {}

fn main() {}
