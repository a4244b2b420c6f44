use routekit::prelude::*;

#[get("/prices", concurrency = "64")]
async fn prices() {}

fn main() {}
