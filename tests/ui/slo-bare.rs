use routekit::prelude::*;

#[get("/prices", slo)]
async fn prices() {}

fn main() {}
