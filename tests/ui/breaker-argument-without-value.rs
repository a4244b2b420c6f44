use routekit::prelude::*;

#[get("/prices", breaker(open_for))]
async fn prices() {}

fn main() {}
