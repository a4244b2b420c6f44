use routekit::prelude::*;

#[get("/prices", breaker(half_open_calls = 20))]
async fn prices() {}

fn main() {}
