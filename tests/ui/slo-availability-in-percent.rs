use routekit::prelude::*;

#[get("/prices", slo(availability = 99.9))]
async fn prices() {}

fn main() {}
