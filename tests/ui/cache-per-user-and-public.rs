use routekit::prelude::*;

#[get("/users", public, cache(ttl = 60, per = "user"))]
async fn list_users() {}

fn main() {}
