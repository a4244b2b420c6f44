use routekit::prelude::*;

#[get("/prices", alert(error_rate = 5))]
async fn prices() {}

fn main() {}
