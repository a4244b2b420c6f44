use routekit::prelude::*;

#[get("/prices", breaker(failure_rate = 0.33333333))]
async fn prices() {}

fn main() {}
