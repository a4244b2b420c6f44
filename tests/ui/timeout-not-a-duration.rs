use routekit::prelude::*;

#[get("/users", timeout = "2 seconds")]
async fn list_users() {}

fn main() {}
