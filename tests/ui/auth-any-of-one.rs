use routekit::prelude::*;

#[get("/users", auth(any(role("admin"))))]
async fn list_users() {}

fn main() {}
