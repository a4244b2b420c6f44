//! One id for everything that happens because of a request, in its answer, its problems and its log lines.
//!
//! 1. A request's `X-Correlation-ID`, else its `X-Request-ID`, is taken over if it is well formed: 1 to 128 characters of
//!    `[A-Za-z0-9._-]`. Anything else is replaced, so that no client writes into a log.
//! 2. Without one, a UUID version 7 is made (RFC 9562): unique, and sorted by time.
//! 3. The answer says it as `X-Correlation-ID`, and every problem as `correlationId`. Problems travel up to this layer as
//!    a response extension and are rendered here, so that a shared or stored answer never carries another request's id.
//! 4. The handler may take it as [`CorrelationId`].
//! 5. Everything below runs in one `tracing` span named `request`, with the fields of OpenTelemetry's HTTP conventions and,
//!    where the client sent a W3C `traceparent`, its `trace_id`. Without a subscriber none of this is formatted.
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

mod future;
mod id;
mod layer;
mod service;
mod trace_context;

pub(crate) use self::id::CORRELATION_ID;
pub use self::{
    future::CorrelationFuture,
    id::{CorrelationId, NoCorrelationId},
    layer::CorrelationLayer,
    service::Correlation,
    trace_context::TraceId,
};
