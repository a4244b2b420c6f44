use routekit::prelude::*;

#[get("/users", deprecated(sunset = "2026-12-31"))]
async fn list_users() {}

fn main() {}
