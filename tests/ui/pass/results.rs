//! Results of any error that is a response, and a handler that is called like any other function.

use routekit::{axum::http::StatusCode, prelude::*};

#[get("/a")]
async fn a() -> std::result::Result<String, StatusCode> {
    b().await.map_err(|_| StatusCode::NOT_FOUND)
}

#[get("/b")]
async fn b() -> Result<String> {
    Err(Problem::not_found("none"))
}

#[get("/c")]
async fn c() -> routekit::axum::response::Result<&'static str> {
    Ok("c")
}

fn main() {
    drop(App::with_routes(routes![a, b, c]));
}
