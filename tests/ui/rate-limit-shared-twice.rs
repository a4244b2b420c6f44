use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", shared, shared))]
async fn prices() {}

fn main() {}
