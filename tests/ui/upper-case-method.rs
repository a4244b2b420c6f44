use routekit::prelude::*;

#[route(GET, "/users")]
async fn list_users() {}

fn main() {}
