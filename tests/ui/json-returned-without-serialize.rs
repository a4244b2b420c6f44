use routekit::prelude::*;

struct User;

#[get("/users")]
async fn list_users() -> Json<User> {
    Json(User)
}

fn main() {}
