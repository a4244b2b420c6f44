use routekit::prelude::*;

#[get("/users", auth(scope("users:read users:write")))]
async fn list_users() {}

fn main() {}
