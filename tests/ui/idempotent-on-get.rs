use routekit::prelude::*;

#[get("/users", idempotent)]
async fn users() {}

fn main() {}
