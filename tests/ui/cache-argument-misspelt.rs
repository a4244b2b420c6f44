use routekit::prelude::*;

#[get("/users", auth, cache(ttl = 60, pre = "user"))]
async fn list_users() {}

fn main() {}
