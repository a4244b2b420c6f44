use routekit::prelude::*;

#[get("/users", deprecated(since = "yesterday", sunset = "tomorrow", until = "2026-12-31"))]
async fn list_users() {}

fn main() {}
