use routekit::prelude::*;

#[get("/prices", breaker(window = "0s"))]
async fn prices() {}

fn main() {}
