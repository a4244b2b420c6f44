use routekit::prelude::*;

#[get("/users", cache(invalidate_on("/users")))]
async fn list_users() {}

fn main() {}
