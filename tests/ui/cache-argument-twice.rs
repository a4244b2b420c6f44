use routekit::prelude::*;

#[get("/users", cache(ttl = 60, ttl = "5m"))]
async fn list_users() {}

fn main() {}
