use routekit::prelude::*;

#[post("/users", body_limit = 0)]
async fn create_user(body: String) {
    drop(body);
}

fn main() {}
