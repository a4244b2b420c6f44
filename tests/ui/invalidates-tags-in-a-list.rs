use routekit::prelude::*;

#[post("/users", invalidates(tags("users")))]
async fn create_user() {}

fn main() {}
