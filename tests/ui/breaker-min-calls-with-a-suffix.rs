use routekit::prelude::*;

#[get("/prices", breaker(min_calls = 10u8))]
async fn prices() {}

fn main() {}
