use routekit::prelude::*;

#[get("/prices", alert(error_rate = "0.01"))]
async fn prices() {}

fn main() {}
