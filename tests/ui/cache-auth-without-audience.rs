use routekit::prelude::*;

#[get("/users", auth, cache(ttl = 60))]
async fn list_users() {}

fn main() {}
