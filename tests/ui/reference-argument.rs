use routekit::prelude::*;

#[get("/users/{id}")]
async fn get_user(id: &str) {
    drop(id.to_owned());
}

fn main() {}
