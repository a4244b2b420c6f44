use routekit::prelude::*;

#[get("users", timeout, tags())]
async fn list_users() {}

fn main() {}
