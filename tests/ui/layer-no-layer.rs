use routekit::prelude::*;

#[get("/users", layer(5))]
async fn list_users() {}

fn main() {}
