use routekit::prelude::*;

#[get("/prices", alert(error_rate = 1.0))]
async fn prices() {}

fn main() {}
