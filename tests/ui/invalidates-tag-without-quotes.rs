use routekit::prelude::*;

#[post("/users", invalidates(users))]
async fn create_user() {}

fn main() {}
