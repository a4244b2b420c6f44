use routekit::prelude::*;

#[get("/users", invalidates("users"))]
async fn list_users() {}

fn main() {}
