use routekit::prelude::*;

#[get]
async fn list_users() {}

fn main() {}
