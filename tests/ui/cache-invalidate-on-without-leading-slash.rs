use routekit::prelude::*;

#[get("/users", cache(invalidate_on = "POST users"))]
async fn list_users() {}

fn main() {}
