use routekit::prelude::*;

#[get("/users", cache(ttl = 60, honour_client_directives = "false"))]
async fn list_users() {}

fn main() {}
