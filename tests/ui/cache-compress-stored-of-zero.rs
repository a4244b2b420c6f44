use routekit::prelude::*;

#[get("/users", cache(ttl = 60, compress_stored = 0))]
async fn list_users() {}

fn main() {}
