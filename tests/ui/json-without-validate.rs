use routekit::prelude::*;

#[derive(serde::Deserialize)]
struct NewUser {
    name: String,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) {
    drop(user.into_inner().name);
}

fn main() {}
