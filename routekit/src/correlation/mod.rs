//! Assigns an id to every request, which its response, its problems and its log lines contain.
//!
//! 1. A request's `X-Correlation-ID`, else its `X-Request-ID`, is kept if it is valid: 1 to 128 characters of
//!    `[A-Za-z0-9._-]`. Anything else is replaced, so that a client cannot write arbitrary text to the log.
//! 2. A request without one gets a UUID version 7 (RFC 9562 §5.7), which is unique and sorts by time.
//! 3. The response contains it as `X-Correlation-ID`, and a problem as `correlationId`. Problems reach this layer as an
//!    extension of the response and are rendered here, so that a shared or stored response never has the id of another
//!    request.
//! 4. A handler can extract it as a [`CorrelationId`].
//! 5. Inner layers and the handler run in a `tracing` span named `request`, with the fields of OpenTelemetry's
//!    conventions for HTTP and, if the client sent a W3C `traceparent` or spans are exported, its `trace_id`. Without a
//!    subscriber nothing is formatted.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::correlation::{CorrelationId, CorrelationLayer};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app: Router = Router::new()
//!     .route("/", get(|id: CorrelationId| async move { id.to_string() }))
//!     .layer(CorrelationLayer::new());
//! let request = Request::get("/").header("x-request-id", "abc-1").body(Body::empty()).unwrap();
//! let response = app.oneshot(request).await.unwrap();
//! assert_eq!(response.headers()["x-correlation-id"], "abc-1");
//! # }
//! ```

mod correlated;
mod id;
mod layer;
mod span;
mod trace_context;
mod uuid_v7;

pub(crate) use self::{
    correlated::{Correlated, Traffic},
    id::CORRELATION_ID,
};
pub use self::{
    id::{CorrelationId, NoCorrelationId},
    layer::{Correlation, CorrelationFuture, CorrelationLayer},
    trace_context::TraceId,
};
