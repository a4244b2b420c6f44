use routekit::prelude::*;

#[post("/users", idempotent)]
async fn create(body: routekit::axum::extract::Request) {
    drop(body);
}

fn main() {}
