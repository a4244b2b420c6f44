use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", name = "per second"))]
async fn prices() {}

fn main() {}
