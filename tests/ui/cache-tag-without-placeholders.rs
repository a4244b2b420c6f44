use routekit::prelude::*;

#[get("/users", cache(ttl = 60, tags = "user:{id}"))]
async fn list_users() {}

fn main() {}
