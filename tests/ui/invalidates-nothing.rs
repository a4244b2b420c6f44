use routekit::prelude::*;

#[post("/users", invalidates(partition = tenant))]
async fn create_user() {}

fn main() {}
