use routekit::prelude::*;

#[get("/prices", slo(latency("300ms", 0.99, 0.999)))]
async fn prices() {}

fn main() {}
