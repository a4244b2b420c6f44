use routekit::prelude::*;

#[get("/prices", breaker(min_calls = 1.5))]
async fn prices() {}

fn main() {}
