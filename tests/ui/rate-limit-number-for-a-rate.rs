use routekit::prelude::*;

#[get("/prices", rate_limit(10))]
async fn prices() {}

fn main() {}
