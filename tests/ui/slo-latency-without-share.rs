use routekit::prelude::*;

#[get("/prices", slo(latency("300ms")))]
async fn prices() {}

fn main() {}
