use routekit::prelude::*;

#[get("/users", deprecated(since = "2026-12-31", sunset = "2026-01-31"))]
async fn list_users() {}

fn main() {}
