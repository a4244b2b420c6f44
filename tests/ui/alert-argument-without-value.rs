use routekit::prelude::*;

#[get("/prices", alert(p99))]
async fn prices() {}

fn main() {}
