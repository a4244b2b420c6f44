use routekit::prelude::*;

#[get("/prices", rate_limit("10/0s"))]
async fn prices() {}

fn main() {}
