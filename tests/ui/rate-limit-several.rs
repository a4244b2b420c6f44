use routekit::prelude::*;

#[get("/prices", rate_limit("0/s", burst = 0, per = "path", mode = "dry"))]
async fn prices() {}

fn main() {}
