use routekit::prelude::*;

#[get("/users", cache(ttl = 60, partition = tenant()))]
async fn list_users() {}

fn main() {}
