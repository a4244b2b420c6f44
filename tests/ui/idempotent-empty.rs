use routekit::prelude::*;

#[post("/users", idempotent())]
async fn create() {}

fn main() {}
