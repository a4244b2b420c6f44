use routekit::prelude::*;

#[get("/users")]
#[post(tags("users"))]
async fn list_users() {}

fn main() {}
