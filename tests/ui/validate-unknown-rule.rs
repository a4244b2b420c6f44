use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(lenght(min = 1))]
    name: String,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) {
    drop(user.into_inner().name);
}

fn main() {}
