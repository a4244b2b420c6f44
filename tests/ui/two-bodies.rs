use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(length(min = 1))]
    name: String,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>, raw: String) {
    drop((user.into_inner().name, raw));
}

fn main() {}
