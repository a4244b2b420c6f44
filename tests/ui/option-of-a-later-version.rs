use routekit::prelude::*;

#[get("/users", breaker(failure_rate = 0.5))]
async fn list_users() {}

fn main() {}
