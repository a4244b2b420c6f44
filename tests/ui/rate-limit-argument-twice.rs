use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", burst = 20, burst = 30))]
async fn prices() {}

fn main() {}
