use routekit::prelude::*;

#[get("/users")]
fn list_users() {}

fn main() {}
