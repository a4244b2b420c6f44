use routekit::prelude::*;

#[get("/prices", breaker(fallback_on_error = "sorry"))]
async fn prices() {}

fn main() {}
