use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct Name(String);

#[post("/names")]
async fn create_name(name: Json<Name>) {
    drop(name.into_inner().0);
}

fn main() {}
