use routekit::prelude::*;

#[post("/users", invalidates)]
async fn create_user() {}

fn main() {}
