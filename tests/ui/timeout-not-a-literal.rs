use routekit::prelude::*;

#[get("/users", timeout = TWO_SECONDS)]
async fn list_users() {}

fn main() {}
