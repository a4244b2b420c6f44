use routekit::prelude::*;

#[get("/prices", alert(eror_rate = 0.01))]
async fn prices() {}

fn main() {}
