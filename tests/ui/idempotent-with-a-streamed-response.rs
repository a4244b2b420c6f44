use routekit::prelude::*;

#[post("/users", idempotent)]
async fn create() -> Result<routekit::axum::body::Body> {
    Ok(routekit::axum::body::Body::empty())
}

fn main() {}
