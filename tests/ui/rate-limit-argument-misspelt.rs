use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", brust = 20))]
async fn prices() {}

fn main() {}
