use routekit::prelude::*;

#[get("/prices", alert(p99 = "300ms", p99 = "400ms"))]
async fn prices() {}

fn main() {}
