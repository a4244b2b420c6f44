use routekit::prelude::*;

#[get("/prices", alert)]
async fn prices() {}

fn main() {}
