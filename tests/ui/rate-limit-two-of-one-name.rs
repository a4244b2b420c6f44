use routekit::prelude::*;

#[get("/prices", rate_limit("10/s"), rate_limit("1000/day"))]
async fn prices() {}

fn main() {}
