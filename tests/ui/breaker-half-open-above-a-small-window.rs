use routekit::prelude::*;

#[get("/prices", breaker(window = 5, half_open_calls = 8))]
async fn prices() {}

fn main() {}
