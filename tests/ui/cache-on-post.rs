use routekit::prelude::*;

#[post("/users", cache(ttl = 60, shared))]
async fn create_user() {}

fn main() {}
