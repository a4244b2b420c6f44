//! The headers of a deprecated route: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), on every answer.
//!
//! A header that the handler has set itself stays.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use http::HeaderValue;
//! use routekit::deprecation::DeprecationLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let since = HeaderValue::from_static("@1767225600");
//! let app: Router = Router::new().route("/", get(|| async {})).layer(DeprecationLayer::new(since));
//! let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
//! assert_eq!(response.headers()["deprecation"], "@1767225600");
//! # }
//! ```

mod future;
mod layer;
mod service;

pub use self::{future::DeprecationFuture, layer::DeprecationLayer, service::Deprecated};
