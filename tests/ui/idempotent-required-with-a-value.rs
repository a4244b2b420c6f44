use routekit::prelude::*;

#[post("/users", idempotent(required = true))]
async fn create() {}

fn main() {}
