use routekit::prelude::*;

#[get("/users", geo_fence(requests = 10))]
async fn list_users() {}

fn main() {}
