use routekit::prelude::*;

#[get("/prices", slo(availability = "0.999"))]
async fn prices() {}

fn main() {}
