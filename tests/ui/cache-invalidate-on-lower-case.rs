use routekit::prelude::*;

#[get("/users", cache(invalidate_on("post /users")))]
async fn list_users() {}

fn main() {}
