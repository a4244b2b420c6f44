use routekit::prelude::*;

#[get("/users", cache(ttl = 0))]
async fn list_users() {}

fn main() {}
