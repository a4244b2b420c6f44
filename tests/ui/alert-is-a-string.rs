use routekit::prelude::*;

#[get("/prices", alert = "1%")]
async fn prices() {}

fn main() {}
