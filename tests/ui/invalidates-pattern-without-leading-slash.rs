use routekit::prelude::*;

#[post("/users", invalidates(pattern = "users/*"))]
async fn create_user() {}

fn main() {}
