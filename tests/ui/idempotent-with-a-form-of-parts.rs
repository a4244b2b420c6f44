use routekit::prelude::*;

#[post("/users", idempotent)]
async fn create(form: routekit::axum::extract::Multipart) {
    drop(form);
}

fn main() {}
