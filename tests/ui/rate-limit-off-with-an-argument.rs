use routekit::prelude::*;

#[get("/prices", rate_limit(off, burst = 2))]
async fn prices() {}

fn main() {}
