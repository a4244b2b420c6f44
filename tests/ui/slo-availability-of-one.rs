use routekit::prelude::*;

#[get("/prices", slo(availability = 1.0))]
async fn prices() {}

fn main() {}
