use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", per = 7))]
async fn prices() {}

fn main() {}
