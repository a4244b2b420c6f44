use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", per = "header:x-a-header-with-a-very-long-name"))]
async fn prices() {}

fn main() {}
