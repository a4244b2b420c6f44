use routekit::prelude::*;

#[get("/users", cache(ttl = "60s"))]
async fn list_users() {}

fn main() {}
