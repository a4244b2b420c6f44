use routekit::prelude::*;

#[get("/prices", breaker(window = 20, min_calls = 50))]
async fn prices() {}

fn main() {}
