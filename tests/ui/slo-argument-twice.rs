use routekit::prelude::*;

#[get("/prices", slo(availability = 0.999, availability = 0.99))]
async fn prices() {}

fn main() {}
