use routekit::prelude::*;

#[get("/prices", breaker(backoff = 0.5))]
async fn prices() {}

fn main() {}
