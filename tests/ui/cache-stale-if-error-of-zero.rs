use routekit::prelude::*;

#[get("/users", cache(ttl = 60, stale_if_error = "0s"))]
async fn list_users() {}

fn main() {}
