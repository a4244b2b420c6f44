use routekit::prelude::*;

#[get("/prices", rate_limit("1/day", burst = 1000))]
async fn prices() {}

fn main() {}
