//! Watches every request from its head to the end of its response, and tells the [observers](crate::observe).
//!
//! 1. It stands outside everything else, so that every response is seen: that of a route, of a layer before it, a 404.
//! 2. A route reports itself: a [`RouteLabelLayer`] stands around each. A request without a report found no route.
//! 3. A request ends with the response's head if the length of the body is known or no body is sent (HEAD, 1xx, 204,
//!    304), else with the end of the body.
//! 4. A client that leaves before that ends the request as cancelled. Every request is finished exactly once.
//! 5. A request body without a length, or with one beyond 64 KiB, is counted while it is read. Others are not touched.
//! 6. Of two watches around one request, the outer one watches and the inner one passes. An app watches already: within
//!    one, use [`App::observer`](crate::App::observer) to see more.
//!
//! On a plain axum router, `Router::layer` puts it around each route, and it finds the template by itself. Routes are
//! told apart by what axum matched and never by the URL, so a client cannot make up new ones:
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
mod layer;
mod route_label;
mod sample;
mod watcher;

pub use self::{
    layer::{Watch, WatchFuture, WatchLayer},
    route_label::{RouteLabel, RouteLabelLayer},
};
pub(crate) use self::{sample::Sample, watcher::Watcher};
