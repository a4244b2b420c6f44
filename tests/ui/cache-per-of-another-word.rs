use routekit::prelude::*;

#[get("/users", auth, cache(ttl = 60, per = "tenant"))]
async fn list_users() {}

fn main() {}
