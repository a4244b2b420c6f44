use routekit::prelude::*;

#[get("/users", timeout = "0s", body_limit = "64KB", breaker(failure_rate = 0.5), summary = "")]
async fn list_users() {}

fn main() {}
