use routekit::prelude::*;

#[get("/prices", breaker(slow_rate = 0.5))]
async fn prices() {}

fn main() {}
