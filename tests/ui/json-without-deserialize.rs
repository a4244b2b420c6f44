use routekit::prelude::*;

#[derive(Validate)]
struct NewUser {
    #[validate(length(min = 1))]
    name: String,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) {
    drop(user.into_inner().name);
}

fn main() {}
