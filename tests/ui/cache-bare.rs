use routekit::prelude::*;

#[get("/users", cache)]
async fn list_users() {}

fn main() {}
