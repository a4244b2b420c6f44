//! The handlers on bare axum.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, Request},
    response::Response,
    routing::{get, post},
};
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

async fn users() -> Json<Page> {
    Json(Page::of_twenty())
}

/// Calls the router as `axum::serve` does: a clone for each request, through `oneshot`.
pub(crate) fn axum() -> impl AsyncFn(Request) -> Response {
    let router: Router = Router::new()
        .route("/bytes", get(bytes))
        .route("/query", get(query))
        .route("/json", post(json))
        .route("/change", post(json))
        .route("/hit", get(bytes))
        .route("/limited", get(bytes))
        .route("/users", get(users));
    let router = router.with_state(());
    async move |request| match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
