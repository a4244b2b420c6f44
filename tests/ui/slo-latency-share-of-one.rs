use routekit::prelude::*;

#[get("/prices", slo(latency("300ms", 1)))]
async fn prices() {}

fn main() {}
