//! How long a handler may take: beyond it, 504 as a problem.
//!
//! 1. The time runs to the response *head*; a body that streams afterwards is not cut.
//! 2. The handler is dropped where it waits. What it has spawned goes on.
//! 3. A timer is made at the first `Pending`: an answer that is ready at once costs none. A handler that never waits
//!    cannot be timed out, as no async code can.
//! 4. It answers with a response and never with an error (unlike `tower::timeout`), so it needs no error handling
//!    around it.
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::timeout::TimeoutLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let app: Router = Router::new()
//!     .route("/", get(|| tokio::time::sleep(Duration::from_secs(60))))
//!     .layer(TimeoutLayer::new(Duration::from_secs(2)));
//! let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
//! assert_eq!(response.status(), 504);
//! # }
//! ```

mod future;
mod layer;
mod service;

pub use self::{future::TimeoutFuture, layer::TimeoutLayer, service::Timeout};
