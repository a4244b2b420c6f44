use routekit::prelude::*;

#[get("/users", cache(ttl = 60, tags = "users", consistency = "exact"))]
async fn list_users() {}

fn main() {}
