use routekit::prelude::*;

#[get("/prices", breaker(backoff = 2.0, max_open_for = "30s"))]
async fn prices() {}

fn main() {}
