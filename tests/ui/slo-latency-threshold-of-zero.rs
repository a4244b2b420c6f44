use routekit::prelude::*;

#[get("/prices", slo(latency("0ms", 0.99)))]
async fn prices() {}

fn main() {}
