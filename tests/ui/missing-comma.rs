use routekit::prelude::*;

#[get("/users", timeout = "2s" summary = "Users")]
async fn list_users() {}

fn main() {}
