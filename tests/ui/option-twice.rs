use routekit::prelude::*;

#[get("/users", timeout = "2s", timeout = "3s")]
async fn list_users() {}

fn main() {}
