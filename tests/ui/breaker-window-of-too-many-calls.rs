use routekit::prelude::*;

#[get("/prices", breaker(window = 100_001))]
async fn prices() {}

fn main() {}
