use routekit::prelude::*;

#[get("/users", auth(scop("a"), role("admin", 7), any(), optional = true))]
async fn list_users() {}

fn main() {}
