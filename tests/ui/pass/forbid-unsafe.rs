#![forbid(unsafe_code)]

use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(email)]
    email: String,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) -> String {
    user.into_inner().email
}

fn main() {
    drop(App::with_routes(routes![create_user]));
}
