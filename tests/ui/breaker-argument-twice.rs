use routekit::prelude::*;

#[get("/prices", breaker(min_calls = 10, min_calls = 20))]
async fn prices() {}

fn main() {}
