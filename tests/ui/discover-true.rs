use routekit::prelude::*;

#[get("/users", discover = true)]
async fn list_users() {}

fn main() {}
