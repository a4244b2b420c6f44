use routekit::prelude::*;

#[get("/users", deprecated(since = "2026-02-30"))]
async fn list_users() {}

fn main() {}
