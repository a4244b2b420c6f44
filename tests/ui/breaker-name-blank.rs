use routekit::prelude::*;

#[get("/prices", breaker(name = " "))]
async fn prices() {}

fn main() {}
