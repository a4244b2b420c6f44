use routekit::prelude::*;

#[get("/users", "/people")]
async fn list_users() {}

fn main() {}
