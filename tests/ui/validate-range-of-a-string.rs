use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(range(min = 1, max = 64))]
    name: String,
    #[validate(length(min = 18))]
    age: Option<u8>,
    #[validate(email)]
    addresses: Vec<String>,
    #[validate(required)]
    city: String,
}

fn main() {}
