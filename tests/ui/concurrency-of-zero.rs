use routekit::prelude::*;

#[get("/prices", concurrency = 0)]
async fn prices() {}

fn main() {}
