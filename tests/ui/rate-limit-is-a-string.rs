use routekit::prelude::*;

#[get("/prices", rate_limit = "10/s")]
async fn prices() {}

fn main() {}
