use routekit::prelude::*;

#[get("/prices", breaker(backoff = 1))]
async fn prices() {}

fn main() {}
