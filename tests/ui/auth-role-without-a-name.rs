use routekit::prelude::*;

#[get("/users", auth(role))]
async fn list_users() {}

fn main() {}
