use routekit::prelude::*;

#[get("/users?page=1")]
async fn list_users() {}

fn main() {}
