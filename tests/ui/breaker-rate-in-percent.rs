use routekit::prelude::*;

#[get("/prices", breaker(failure_rate = 50))]
async fn prices() {}

fn main() {}
