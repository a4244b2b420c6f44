use routekit::prelude::*;

#[get("/users", cache(invalidate_on("POTS /users")))]
async fn list_users() {}

fn main() {}
