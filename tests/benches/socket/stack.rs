//! An app on a socket: `socket-stack CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod exchange;
#[path = "../overhead/payloads.rs"]
#[allow(dead_code, reason = "the payloads of `overhead` are more than these handlers take")]
mod payloads;
mod users;

use axum::body::Bytes;
use routekit::{config::Config, metrics::Exporter, prelude::*};
use serde::Deserialize;

use payloads::HELLO;
use users::Page;

#[derive(Deserialize, Validate)]
struct NewUser {
    #[validate(length(min = 1, max = 64))]
    name: String,
    #[validate(email)]
    email: String,
    #[validate(range(min = 18))]
    age: u8,
}

/// As in `overhead`.
#[get("/bytes", timeout = "5s", body_limit = "64KiB")]
async fn bytes() -> Bytes {
    HELLO
}

#[get("/page", breaker, timeout = "5s")]
async fn page() -> Json<Page> {
    Json(Page::of_twenty())
}

#[get("/hit", breaker, timeout = "5s", cache(ttl = 3600, tags = "users"))]
async fn hit() -> Json<Page> {
    Json(Page::of_twenty())
}

#[post("/users", breaker, timeout = "5s", invalidates("users"))]
async fn create_user(user: Json<NewUser>) -> Bytes {
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    HELLO
}

fn main() {
    // The first exporter of a process calibrates a clock, for as long as the machine makes it.
    drop(Exporter::new());
    exchange::run(async |listener| {
        let app = App::with_routes(routes![bytes, page, hit, create_user]).config(Config::default());
        app.serve_on(listener, std::future::pending()).await.unwrap();
    });
}
