use routekit::prelude::*;

#[get("/users", auth(all(role("admin"), scope("users:read"))))]
async fn list_users() {}

fn main() {}
