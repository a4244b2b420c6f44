use routekit::prelude::*;

#[get("/users", auth, cache(ttl = 60, per = "user", cdn_tags = "Cache-Tag"))]
async fn list_users() {}

fn main() {}
