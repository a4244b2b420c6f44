//! Watches every request from its head to the end of its answer, and tells the [observers](crate::observe).
//!
//! 1. It stands outside everything else, so that whatever answers is seen: a route, a layer before it, a 404.
//! 2. Which route it was, the route says itself: [`MatchedLayer`] stands around each. A request that nobody claims is one
//!    that found no route.
//! 3. A request ends with its head where the body's length is known or there is no body to send (HEAD, 1xx, 204, 304), else
//!    with the end of its body.
//! 4. A client that leaves before that ends it as cancelled. A request is finished exactly once, however it ends.
//! 5. A body without a length, or with one beyond 64 KiB, is counted as it passes; any other is not touched.
//! 6. Where one stands within another, the outermost watches and the inner ones pass: within an app, which watches already,
//!    [`App::observer`](crate::App::observer) is the way to see more.
//!
//! On a plain axum router `Router::layer` puts it around each route, and it finds the template by itself. Routes are told
//! apart by what axum matched and never by the URL, so a client cannot make up new ones:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::{
//!     access_log::{AccessLog, AccessLogMode},
//!     metrics::{Exporter, HttpMetrics},
//!     watch::WatchLayer,
//! };
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let exporter = Exporter::new();
//! let metrics = HttpMetrics::new(exporter.recorder());
//! let log = AccessLog::new(AccessLogMode::Errors);
//! let app: Router = Router::new()
//!     .route("/hello/{name}", get(|| async { "hi" }))
//!     .layer(WatchLayer::per_route((metrics, log)));
//! app.oneshot(Request::get("/hello/ann").body(Body::empty()).unwrap()).await.unwrap();
//! assert!(exporter.render().contains(r#"http_route="/hello/{name}""#));
//! # }
//! ```

mod body;
mod future;
mod layer;
mod matched;
mod sample;
mod service;

pub use self::{
    future::WatchFuture,
    layer::WatchLayer,
    matched::{Matched, MatchedLayer},
    service::Watch,
};
