use routekit::prelude::*;

#[get("/prices", slo(availability = 2, latency("soon", 0), p99 = "1s"))]
async fn prices() {}

fn main() {}
