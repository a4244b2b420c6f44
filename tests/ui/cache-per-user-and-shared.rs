use routekit::prelude::*;

#[get("/users", auth, cache(ttl = 60, per = "user", shared))]
async fn list_users() {}

fn main() {}
