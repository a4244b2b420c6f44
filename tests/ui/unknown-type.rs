use routekit::prelude::*;

#[get("/users")]
async fn list_users(users: Dep<Users>) {
    drop(users);
}

fn main() {}
