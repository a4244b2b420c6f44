use routekit::prelude::*;

#[get("/prices", slo(availabilty = 0.999))]
async fn prices() {}

fn main() {}
