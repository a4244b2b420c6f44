//! How large a request body may be: beyond it, 413 as a problem.
//!
//! 1. A `Content-Length` beyond the limit is refused before a byte is read.
//! 2. A body without a length is counted while it is read; the extractor that reads it answers 413.
//! 3. A body that is known to fit, or is empty, is passed on as it is: the HTTP parser holds it to its length.
//! 4. It takes the place of axum's `DefaultBodyLimit` (2 MB), which would otherwise cut what a larger limit allows.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::post};
//! use routekit::body_limit::BodyLimitLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app: Router = Router::new().route("/", post(|body: String| async { body })).layer(BodyLimitLayer::new(4));
//! let too_large = Request::post("/").body(Body::from("hello")).unwrap();
//! assert_eq!(app.oneshot(too_large).await.unwrap().status(), 413);
//! # }
//! ```

mod future;
mod layer;
mod service;

pub use self::{future::BodyLimitFuture, layer::BodyLimitLayer, service::BodyLimit};

/// What a route takes that declares nothing: 1 MiB.
pub const DEFAULT_BYTES: u64 = 1024 * 1024;
