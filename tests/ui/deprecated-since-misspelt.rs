use routekit::prelude::*;

#[get("/users", deprecated(sinse = "2026-01-31"))]
async fn list_users() {}

fn main() {}
