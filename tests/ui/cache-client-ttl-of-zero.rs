use routekit::prelude::*;

#[get("/users", cache(ttl = 60, client_ttl = 0))]
async fn list_users() {}

fn main() {}
