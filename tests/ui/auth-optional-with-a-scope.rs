use routekit::prelude::*;

#[get("/users", auth(optional, scope("users:read")))]
async fn list_users() {}

fn main() {}
