use routekit::prelude::*;

#[get("/users", auth())]
async fn list_users() {}

fn main() {}
