//! The handlers on bare axum.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, Request},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderName, HeaderValue};
use tower::ServiceExt;

use super::payloads::{Filter, HELLO, NewUser, Page};

async fn bytes() -> Bytes {
    HELLO
}

async fn query(filter: Query<Filter>) -> Bytes {
    assert!(filter.page < filter.limit && filter.search.is_some());
    HELLO
}

async fn json(user: Json<NewUser>) -> Bytes {
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    HELLO
}

/// The headers that routekit adds to the response of a route with a rate limit.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    header("x-correlation-id", "0198c1f0-7b5d-7c3e-9f5e-0b8a4c6d2e1f"),
    header("x-content-type-options", "nosniff"),
    header("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    header("referrer-policy", "same-origin"),
    header("ratelimit-policy", "\"ip\";q=1000000000;w=1"),
    header("ratelimit", "\"ip\";r=999999999;t=1"),
];

const fn header(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

/// Sets the first of the headers by hand, as many as `HEADERS` in the environment says: what they cost without a
/// framework.
async fn with_headers(count: usize) -> Response {
    let mut response = HELLO.into_response();
    for (name, value) in HEADERS.iter().take(count) {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

async fn users() -> Json<Page> {
    Json(Page::of_twenty())
}

/// Calls the router as `axum::serve` does: a clone for each request, through `oneshot`.
pub(crate) fn axum() -> impl AsyncFn(Request) -> Response {
    let headers = std::env::var("HEADERS").map(|count| count.parse().expect("a number of headers"));
    let limited = match headers {
        Ok(count) => get(move || with_headers(count)),
        Err(_) => get(bytes),
    };
    let router: Router = Router::new()
        .route("/bytes", get(bytes))
        .route("/query", get(query))
        .route("/json", post(json))
        .route("/change", post(json))
        .route("/hit", get(bytes))
        .route("/limited", limited)
        .route("/users", get(users));
    let router = router.with_state(());
    async move |request| match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
