use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(length(least = 1))]
    name: String,
    #[validate(range())]
    age: u8,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) -> String {
    format!("{} {}", user.name, user.age)
}

fn main() {}
