use routekit::prelude::*;

#[post("/users", invalidates("users", "users"))]
async fn create_user() {}

fn main() {}
