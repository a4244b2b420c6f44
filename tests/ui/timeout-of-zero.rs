use routekit::prelude::*;

#[get("/users", timeout = "0s")]
async fn list_users() {}

fn main() {}
