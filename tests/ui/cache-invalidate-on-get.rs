use routekit::prelude::*;

#[get("/users", cache(invalidate_on("GET /users")))]
async fn list_users() {}

fn main() {}
