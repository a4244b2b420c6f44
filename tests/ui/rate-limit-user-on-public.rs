use routekit::prelude::*;

#[get("/prices", public, rate_limit("10/s", per = "user"))]
async fn prices() {}

fn main() {}
