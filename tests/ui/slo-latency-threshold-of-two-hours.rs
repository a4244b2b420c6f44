use routekit::prelude::*;

#[get("/prices", slo(latency("2h", 0.99)))]
async fn prices() {}

fn main() {}
