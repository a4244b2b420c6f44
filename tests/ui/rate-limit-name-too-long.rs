use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", per = "header:x-a-header-with-a-very-long-name-of-its-own"))]
async fn prices() {}

fn main() {}
