use routekit::prelude::*;

struct User;

#[get("/users")]
async fn list_users() -> Result<User> {
    Ok(User)
}

fn main() {}
