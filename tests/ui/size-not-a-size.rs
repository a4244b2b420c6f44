use routekit::prelude::*;

#[post("/users", body_limit = "64KB")]
async fn create_user(body: String) {
    drop(body);
}

fn main() {}
