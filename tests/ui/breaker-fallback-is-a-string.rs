use routekit::prelude::*;

#[get("/prices", breaker(fallback = "sorry"))]
async fn prices() {}

fn main() {}
