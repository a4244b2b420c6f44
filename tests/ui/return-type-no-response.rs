use routekit::prelude::*;

struct User;

#[get("/users")]
async fn list_users() -> User {
    User
}

fn main() {}
