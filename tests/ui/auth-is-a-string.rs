use routekit::prelude::*;

#[get("/users", auth = "admin")]
async fn list_users() {}

fn main() {}
