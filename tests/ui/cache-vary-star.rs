use routekit::prelude::*;

#[get("/users", cache(ttl = 60, vary("*")))]
async fn list_users() {}

fn main() {}
