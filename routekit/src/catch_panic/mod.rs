//! A handler that panics answers 500 as a problem, and the connection lives on.
//!
//! 1. It stands inside timeout, so that what stands further out sees a failed request and not one that was cancelled.
//! 2. The panic's message goes to the log (and to the panic hook, as ever), never to the client.
//! 3. A panic while the response body streams is out of its reach: the head is gone by then, and the server ends the
//!    connection.
//! 4. In a program built with `panic = "abort"` there is nothing to catch.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::catch_panic::CatchPanicLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! async fn broken() {
//!     panic!("no such luck");
//! }
//! let app: Router = Router::new().route("/", get(broken)).layer(CatchPanicLayer::new());
//! assert_eq!(app.oneshot(Request::new(Body::empty())).await.unwrap().status(), 500);
//! # }
//! ```

mod future;
mod layer;
mod service;

pub use self::{future::CatchPanicFuture, layer::CatchPanicLayer, service::CatchPanic};
