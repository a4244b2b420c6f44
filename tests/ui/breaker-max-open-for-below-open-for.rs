use routekit::prelude::*;

#[get("/prices", breaker(open_for = "5m", backoff = 2.0, max_open_for = "1m"))]
async fn prices() {}

fn main() {}
