use routekit::prelude::*;

#[get("/users/{id")]
async fn get_user(id: u32) {
    drop(id);
}

fn main() {}
