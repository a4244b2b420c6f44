use routekit::prelude::*;

#[get("/users", cache(60))]
async fn list_users() {}

fn main() {}
