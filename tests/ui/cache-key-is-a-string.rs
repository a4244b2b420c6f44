use routekit::prelude::*;

#[get("/users", cache(ttl = 60, key = "page"))]
async fn list_users() {}

fn main() {}
