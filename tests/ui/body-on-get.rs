use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(length(min = 1))]
    name: String,
}

#[get("/users")]
async fn list_users(user: Json<NewUser>) {
    drop(user.into_inner().name);
}

fn main() {}
