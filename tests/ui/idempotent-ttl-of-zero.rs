use routekit::prelude::*;

#[post("/users", idempotent(ttl = 0))]
async fn create() {}

fn main() {}
