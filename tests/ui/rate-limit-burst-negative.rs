use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", burst = -1))]
async fn prices() {}

fn main() {}
