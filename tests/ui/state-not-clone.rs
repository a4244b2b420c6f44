use routekit::prelude::*;

struct Database;

#[get("/users", state = Database)]
async fn list_users() {}

fn main() {}
