use routekit::prelude::*;

#[get("/prices", breaker(window = "25h"))]
async fn prices() {}

fn main() {}
