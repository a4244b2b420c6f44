use routekit::prelude::*;

#[get("/prices", slo(availability = -0.5))]
async fn prices() {}

fn main() {}
