use routekit::prelude::*;

#[get("/users", public(true))]
async fn list_users() {}

fn main() {}
