use routekit::prelude::*;

#[get("/users", cache(ttl = 60, tags = "users", cdn_tags = "Cache-Tags"))]
async fn list_users() {}

fn main() {}
