use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", per = "uesr"))]
async fn prices() {}

fn main() {}
