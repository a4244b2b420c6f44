use routekit::prelude::*;

#[get("/users", auth(scopes("users:read")))]
async fn list_users() {}

fn main() {}
