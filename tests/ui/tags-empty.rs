use routekit::prelude::*;

#[get("/users", tags())]
async fn list_users() {}

fn main() {}
