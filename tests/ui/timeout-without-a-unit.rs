use routekit::prelude::*;

#[get("/users", timeout = "30")]
async fn list_users() {}

fn main() {}
