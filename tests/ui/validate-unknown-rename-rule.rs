use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
#[serde(rename_all = "camel_case")]
struct NewUser {
    #[validate(length(min = 1))]
    name: String,
}

fn main() {}
