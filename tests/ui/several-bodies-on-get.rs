use routekit::prelude::*;

#[get("/users")]
async fn list_users(body: String, raw: routekit::axum::body::Bytes) {
    drop((body, raw));
}

fn main() {}
