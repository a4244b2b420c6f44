use routekit::prelude::*;

#[get("/prices", alert(error_rate = 1.5))]
async fn prices() {}

fn main() {}
