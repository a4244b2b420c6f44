use routekit::prelude::*;

#[get("/users", cache(ttl = 60, client_ttl = "1500ms"))]
async fn list_users() {}

fn main() {}
