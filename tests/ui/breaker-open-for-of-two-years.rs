use routekit::prelude::*;

#[get("/prices", breaker(open_for = "17520h"))]
async fn prices() {}

fn main() {}
