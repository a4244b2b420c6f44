use routekit::prelude::*;

#[get("/users", cache(ttl = 60, vary("accept-language", "x tenant")))]
async fn list_users() {}

fn main() {}
