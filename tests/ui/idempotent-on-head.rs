use routekit::prelude::*;

#[route(head, "/users", idempotent(ttl = "1h"))]
async fn users() {}

fn main() {}
