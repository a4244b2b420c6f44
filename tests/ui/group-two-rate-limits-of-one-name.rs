use routekit::prelude::*;

routekit::group! { rate_limit("10/s"), rate_limit("1000/day") }

#[get("/prices")]
async fn prices() {}

fn main() {}
