use routekit::prelude::*;

#[get("/users", cache(ttl = 60, stale_while_revalidate = 0))]
async fn list_users() {}

fn main() {}
