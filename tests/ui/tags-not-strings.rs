use routekit::prelude::*;

#[get("/users", tags(users))]
async fn list_users() {}

fn main() {}
