use routekit::prelude::*;

#[get("/users", timeout)]
async fn list_users() {}

fn main() {}
