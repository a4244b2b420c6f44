use routekit::prelude::*;

#[get("/users/{}")]
async fn get_user() {}

fn main() {}
