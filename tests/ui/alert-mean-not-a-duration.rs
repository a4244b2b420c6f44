use routekit::prelude::*;

#[get("/prices", alert(mean = "fast"))]
async fn prices() {}

fn main() {}
