use routekit::prelude::*;

#[route(git, "/users")]
async fn list_users() {}

fn main() {}
