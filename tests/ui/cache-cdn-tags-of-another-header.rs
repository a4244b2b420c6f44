use routekit::prelude::*;

#[get("/users", cache(ttl = 60, tags = "users", cdn_tags = "X-Labels"))]
async fn list_users() {}

fn main() {}
