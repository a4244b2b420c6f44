use routekit::prelude::*;

#[get("/prices", breaker(half_open_calls = 0))]
async fn prices() {}

fn main() {}
