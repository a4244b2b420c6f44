use routekit::prelude::*;

#[get("/users", auth(public))]
async fn list_users() {}

fn main() {}
