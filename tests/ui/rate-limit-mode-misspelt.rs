use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", mode = "obsrve"))]
async fn prices() {}

fn main() {}
