use routekit::prelude::*;

#[get("/prices", rate_limit("10 per second"))]
async fn prices() {}

fn main() {}
