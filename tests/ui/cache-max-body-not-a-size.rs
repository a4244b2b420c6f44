use routekit::prelude::*;

#[get("/users", cache(ttl = 60, max_body = "1MB"))]
async fn list_users() {}

fn main() {}
