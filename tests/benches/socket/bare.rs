//! Bare axum on a socket: `socket-bare CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod exchange;
#[path = "../overhead/payloads.rs"]
#[allow(dead_code, reason = "the payloads of `overhead` are more than these handlers take")]
mod payloads;
mod users;

use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderName, header::CONTENT_TYPE},
    routing::{get, post},
};

use payloads::{HELLO, NewUser};
use users::Page;

async fn bytes() -> Bytes {
    HELLO
}

async fn page() -> Json<Page> {
    Json(Page::of_twenty())
}

async fn create_user(user: Json<NewUser>) -> Bytes {
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    HELLO
}

fn main() {
    exchange::run(async |listener| {
        let built = Bytes::from(serde_json::to_vec(&Page::of_twenty()).unwrap());
        // What a hit is compared with: the page without the work of making it.
        let prebuilt =
            async move || -> ([(HeaderName, &str); 1], Bytes) { ([(CONTENT_TYPE, "application/json")], built.clone()) };
        let router = Router::new()
            .route("/bytes", get(bytes))
            .route("/page", get(page))
            .route("/hit", get(prebuilt))
            .route("/users", post(create_user));
        axum::serve(listener, router.into_make_service()).await.unwrap();
    });
}
