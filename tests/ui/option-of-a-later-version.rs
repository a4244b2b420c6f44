use routekit::prelude::*;

#[get("/users", rate_limit(requests = 10))]
async fn list_users() {}

fn main() {}
