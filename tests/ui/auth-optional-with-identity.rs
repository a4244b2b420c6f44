use routekit::prelude::*;

#[get("/users", auth(optional))]
async fn list_users(who: Identity, claims: routekit::identity::Claims<u8>) {}

fn main() {}
