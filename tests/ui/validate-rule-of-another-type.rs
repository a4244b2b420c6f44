use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(email)]
    age: u32,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) -> String {
    user.age.to_string()
}

fn main() {}
