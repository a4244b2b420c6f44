use routekit::prelude::*;

#[get(42)]
async fn list_users() {}

fn main() {}
