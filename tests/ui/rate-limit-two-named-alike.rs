use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", name = "a"), rate_limit("9/h", per = "user", name = "a"))]
async fn prices() {}

fn main() {}
