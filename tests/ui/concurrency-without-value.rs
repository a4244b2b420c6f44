use routekit::prelude::*;

#[get("/prices", concurrency)]
async fn prices() {}

fn main() {}
