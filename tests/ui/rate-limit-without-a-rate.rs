use routekit::prelude::*;

#[get("/prices", rate_limit(burst = 20))]
async fn prices() {}

fn main() {}
