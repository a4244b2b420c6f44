use routekit::prelude::*;

#[get("/prices", rate_limit("4000000000/s"))]
async fn prices() {}

fn main() {}
