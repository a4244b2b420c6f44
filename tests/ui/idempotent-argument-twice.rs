use routekit::prelude::*;

#[post("/users", idempotent(required, ttl = "24h", required))]
async fn create() {}

fn main() {}
