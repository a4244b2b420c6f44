use routekit::prelude::*;

#[get("/prices", alert(p99 = "0ms"))]
async fn prices() {}

fn main() {}
