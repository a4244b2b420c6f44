use routekit::prelude::*;

#[get("/prices", alert(error_rate = 5, mean = "fast", p90 = "1s", p99 = 0))]
async fn prices() {}

fn main() {}
