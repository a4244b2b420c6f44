use routekit::prelude::*;

#[get("/prices", rate_limit())]
async fn prices() {}

fn main() {}
