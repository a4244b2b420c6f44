use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", shared = true))]
async fn prices() {}

fn main() {}
