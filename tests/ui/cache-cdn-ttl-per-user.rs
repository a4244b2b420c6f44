use routekit::prelude::*;

#[get("/users", auth, cache(ttl = 60, per = "user", cdn_ttl = 60))]
async fn list_users() {}

fn main() {}
