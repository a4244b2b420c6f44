use routekit::prelude::*;

#[get("/users", public)]
async fn list_users(who: Identity) {}

fn main() {}
