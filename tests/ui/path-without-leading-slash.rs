use routekit::prelude::*;

#[get("users")]
async fn list_users() {}

fn main() {}
