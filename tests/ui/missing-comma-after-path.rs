use routekit::prelude::*;

#[get("/users" timeout = "2s")]
async fn list_users() {}

fn main() {}
