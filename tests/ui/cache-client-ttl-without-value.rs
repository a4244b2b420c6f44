use routekit::prelude::*;

#[get("/users", cache(ttl = 60, client_ttl))]
async fn list_users() {}

fn main() {}
