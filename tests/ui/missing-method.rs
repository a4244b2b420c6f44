use routekit::prelude::*;

#[route("/users")]
async fn list_users() {}

fn main() {}
