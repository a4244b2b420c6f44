use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", per = "header:"))]
async fn prices() {}

fn main() {}
