use routekit::prelude::*;

#[get("/users", cache(ttl = 60, cdn_ttl = "0s"))]
async fn list_users() {}

fn main() {}
