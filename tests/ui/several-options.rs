use routekit::prelude::*;

#[get("/users", timeout = "0s", body_limit = "64KB", cache(ttl = 60), summary = "")]
async fn list_users() {}

fn main() {}
