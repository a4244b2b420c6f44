use routekit::prelude::*;

#[get("/users", auth(scope(READ)))]
async fn list_users() {}

fn main() {}
