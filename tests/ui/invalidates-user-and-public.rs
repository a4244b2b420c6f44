use routekit::prelude::*;

#[post("/users", public, invalidates(user))]
async fn create_user() {}

fn main() {}
