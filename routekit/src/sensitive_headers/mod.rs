//! Headers that bring secrets: their values are shown by no `Debug` of headers, whoever prints it.
//!
//! 1. `Authorization`, `Proxy-Authorization` and `Cookie` of every request are marked, as are those that a verifier or the
//!    configuration names (`sensitive_headers = ["x-session"]`).
//! 2. A marked value shows as `Sensitive` where headers are printed with `Debug`, as in `tracing::debug!(?request)`, and is
//!    not compressed into HTTP/2's table of headers (RFC 7541 §7.1.3) if it is sent on. Handlers read it as ever.
//! 3. What a handler takes out of a value and logs by itself, it logs.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use http::HeaderMap;
//! use routekit::sensitive_headers::SensitiveHeadersLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app: Router = Router::new()
//!     .route("/", get(|headers: HeaderMap| async move { assert!(!format!("{headers:?}").contains("hunter2")) }))
//!     .layer(SensitiveHeadersLayer::new());
//! let request = Request::get("/").header("authorization", "Bearer hunter2").body(Body::empty()).unwrap();
//! assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
//! # }
//! ```

mod layer;
mod names;
mod service;

pub use self::{layer::SensitiveHeadersLayer, service::SensitiveHeaders};
