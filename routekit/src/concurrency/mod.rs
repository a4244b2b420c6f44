//! How many requests a handler may have at a time: beyond it, 503 as a problem, at once.
//!
//! 1. Nobody waits: a queue in front of what is too slow makes it slower still for everybody in it. `Retry-After` says one second.
//! 2. A request counts from its call to its response *head*, as a timeout's time runs; a body that streams afterwards does not.
//! 3. However it ends (an answer, an error, a panic, a timeout, a client that leaves), its place is free again.
//! 4. The count is of all requests that go through one layer: a route's, whatever the connection. It is this process's own.
//! 5. A handler whose request may make stored answers invalid (it [invalidates](crate::cache::InvalidateLayer), or its method is unsafe where anything is cached) runs to its end
//!    without its client, for at most 30 seconds and at most 1,024 at a time, and no longer counts then.
//! 6. Without a `timeout`, a handler that hangs, or whose client sends its body slowly, keeps its place for as long.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::concurrency::ConcurrencyLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let limit = ConcurrencyLayer::new(1);
//! let app: Router = Router::new().route("/", get(std::future::pending::<()>)).layer(limit.clone());
//! let mut first = Box::pin(app.clone().oneshot(Request::new(Body::empty())));
//! assert!(futures_util::poll!(&mut first).is_pending());
//! assert_eq!(app.oneshot(Request::new(Body::empty())).await.unwrap().status(), 503);
//! drop(first);
//! assert_eq!(limit.in_flight(), 0);
//! # }
//! ```

mod future;
mod layer;
mod limiter;
mod service;

pub(crate) use self::limiter::Limiter;
pub use self::{future::ConcurrencyFuture, layer::ConcurrencyLayer, service::Concurrency};
