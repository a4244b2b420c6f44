use routekit::prelude::*;

#[get("/users/{user-id}")]
async fn get_user() {}

fn main() {}
