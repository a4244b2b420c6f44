use routekit::prelude::*;

#[get("/users", cache(ttl = 60, vary("accept-language", "Accept-Language")))]
async fn list_users() {}

fn main() {}
