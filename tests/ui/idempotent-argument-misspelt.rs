use routekit::prelude::*;

#[post("/users", idempotent(tll = "24h"))]
async fn create() {}

fn main() {}
