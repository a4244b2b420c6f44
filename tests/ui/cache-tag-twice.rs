use routekit::prelude::*;

#[get("/users", cache(ttl = 60, tags("users", "people", "users")))]
async fn list_users() {}

fn main() {}
