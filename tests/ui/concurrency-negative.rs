use routekit::prelude::*;

#[get("/prices", concurrency = -1)]
async fn prices() {}

fn main() {}
