use routekit::prelude::*;

#[derive(serde::Deserialize)]
struct Address {
    city: String,
}

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(nested)]
    address: Address,
}

#[post("/users")]
async fn create_user(user: Json<NewUser>) {
    drop(user.into_inner().address.city);
}

fn main() {}
