//! Idempotency keys: a request that a client repeats with the same `Idempotency-Key` is processed once.
//!
//! ```
//! use routekit::{prelude::*, test::TestApp};
//!
//! #[post("/payments", idempotent)]
//! async fn pay() -> String {
//!     "paid".to_owned()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = TestApp::new(App::with_routes(routes![pay]));
//! let pay = async || app.post("/payments").header("idempotency-key", "\"8e03978e\"").send().await;
//! assert_eq!(pay().await.header("idempotency-replayed"), None);
//! assert_eq!(pay().await.header("idempotency-replayed"), Some("true"));
//! # }
//! ```
//!
//! The guide [Idempotency keys](crate::guide::idempotency) says which responses are stored, and what breaks the promise
//! in deployment. In short, after draft-ietf-httpapi-idempotency-key-header-07:
//!
//! 1. The first request with a key claims it. Its response is stored for the `ttl`, and repeats get it with
//!    `Idempotency-Replayed: true`, whatever its status below 500.
//! 2. While the first request is processed, a repeat is answered with 409 and `Retry-After`.
//! 3. Another request with the same key is answered with 422: another method, host, path, query, `Content-Type`,
//!    `Content-Encoding` or body.
//! 4. A 5xx, a panic, a timeout, 408, 425, 429, the fallback of a breaker, and a response that is streamed or larger
//!    than `max_body` release the key, once everything of the handler has ended: the next repeat is processed.
//! 5. A handler whose client leaves continues, and its response is stored.
//! 6. A malformed key is answered with 400, and a request without a key too if keys are `required`.
//! 7. Keys belong to a route and an identity. Requests without an identity share theirs.
//! 8. If the key cannot be claimed, the request is answered with 503 and not processed.
//!
//! [`IdempotencyLayer`] applies the policy to any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::post};
//! use routekit::{cache::Cache, idempotency::IdempotencyLayer};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let layer = IdempotencyLayer::new(Cache::new()).required();
//! let app: Router = Router::new().route("/payments", post(|| async { "paid" })).layer(layer);
//! let without_key = Request::post("/payments").body(Body::empty()).unwrap();
//! assert_eq!(app.oneshot(without_key).await.unwrap().status(), 400);
//! # }
//! ```

mod answer;
mod detachable_run;
mod held_claim;
mod key;
mod layer;
mod record;
mod refusals;
mod settings;

pub use self::{
    layer::{Idempotency, IdempotencyFuture, IdempotencyLayer},
    settings::{DEFAULT_LEASE, DEFAULT_MAX_BODY, DEFAULT_TTL},
};
pub use crate::route::IdempotentPolicy;
