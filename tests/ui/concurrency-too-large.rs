use routekit::prelude::*;

#[get("/prices", concurrency = 5_000_000_000)]
async fn prices() {}

fn main() {}
