use routekit::prelude::*;

#[post("/users", idempotent(max_body = "many"))]
async fn create() {}

fn main() {}
