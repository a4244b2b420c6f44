use routekit::prelude::*;

#[get("/prices", rate_limit("0/s"))]
async fn prices() {}

fn main() {}
