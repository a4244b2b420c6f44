use routekit::prelude::*;

#[get("/prices", breaker(window = "100"))]
async fn prices() {}

fn main() {}
