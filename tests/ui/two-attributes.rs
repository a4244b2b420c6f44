use routekit::prelude::*;

#[get("/users")]
#[post("/users")]
async fn list_users() {}

fn main() {}
