use routekit::prelude::*;

#[get("/prices", slo = 0.999)]
async fn prices() {}

fn main() {}
