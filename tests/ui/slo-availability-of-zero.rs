use routekit::prelude::*;

#[get("/prices", slo(availability = 0))]
async fn prices() {}

fn main() {}
