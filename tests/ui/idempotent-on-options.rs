use routekit::prelude::*;

#[route(options, "/users", idempotent)]
async fn users() {}

fn main() {}
