use routekit::prelude::*;

#[get("/users", crate = "routekit")]
async fn list_users() {}

fn main() {}
