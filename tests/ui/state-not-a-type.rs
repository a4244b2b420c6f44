use routekit::prelude::*;

#[get("/users", state = 5)]
async fn list_users() {}

fn main() {}
