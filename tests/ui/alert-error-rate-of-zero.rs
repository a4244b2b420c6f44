use routekit::prelude::*;

#[get("/prices", alert(error_rate = 0.0))]
async fn prices() {}

fn main() {}
