//! Watches every request from its head to the end of its response, and reports it to the [observers](crate::observe).
//!
//! 1. It wraps everything else, so that it includes every response: that of a route, of a layer before it, a 404.
//! 2. A route reports itself: each is wrapped in a [`RouteLabelLayer`]. A request without a report matched no route.
//! 3. A request ends with the response's head if the length of the body is known or no body is sent (HEAD, 1xx, 204,
//!    304), else with the end of the body.
//! 4. If the client disconnects before that, the request ends as cancelled. Every request is finished exactly once.
//!    It is active (`http_server_active_requests`, [`Observer::closed`](crate::observe::Observer::closed)) until its
//!    last byte is sent or given up, which only routekit's own server knows. With another server, and on a plain axum
//!    router, it is active until it ends.
//! 5. A request body without a length, or longer than 64 KiB, is counted while it is read. Others are not touched.
//! 6. If two layers watch one request, only the outer one does. An app already watches its requests: add observers with
//!    [`App::observer`](crate::App::observer).
//!
//! On a plain axum router, `Router::layer` wraps each route in it, and it finds the template by itself. Routes are
//! identified by axum's match and never by the URL, so clients cannot create new ones:
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
