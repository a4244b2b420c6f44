use routekit::prelude::*;

#[post("/users", idempotent = "24h")]
async fn create() {}

fn main() {}
