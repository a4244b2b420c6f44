use routekit::prelude::*;

#[get("/prices", breaker = "payments")]
async fn prices() {}

fn main() {}
