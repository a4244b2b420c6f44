use routekit::prelude::*;

#[get("/users", time_out = "2s")]
async fn list_users() {}

fn main() {}
