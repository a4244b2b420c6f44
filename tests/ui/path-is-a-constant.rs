use routekit::prelude::*;

const USERS: &str = "/users";

#[get(USERS)]
async fn list_users() {}

fn main() {}
