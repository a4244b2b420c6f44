use routekit::prelude::*;

#[get("/prices", breaker(failure_rat = 0.5))]
async fn prices() {}

fn main() {}
