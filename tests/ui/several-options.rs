use routekit::prelude::*;

#[get("/users", timeout = "0s", body_limit = "64KB", geo_fence(requests = 10), summary = "")]
async fn list_users() {}

fn main() {}
