use routekit::prelude::*;

#[get("/users", auth(any(role("admin"), any(role("a"), role("b")))))]
async fn list_users() {}

fn main() {}
