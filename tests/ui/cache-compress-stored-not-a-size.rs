use routekit::prelude::*;

#[get("/users", cache(ttl = 60, compress_stored = true))]
async fn list_users() {}

fn main() {}
