use routekit::prelude::*;

#[get("/prices", slo(latency(0.99, "300ms")))]
async fn prices() {}

fn main() {}
