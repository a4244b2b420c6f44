use routekit::prelude::*;

#[post("/users", idempotent(ttl = "1 day"))]
async fn create() {}

fn main() {}
