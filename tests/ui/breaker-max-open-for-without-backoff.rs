use routekit::prelude::*;

#[get("/prices", breaker(max_open_for = "10m"))]
async fn prices() {}

fn main() {}
