//! How many requests each route answers, how long they take, and how many are under way.
//!
//! 1. Names, units and labels are those of the OpenTelemetry HTTP conventions, as Prometheus spells them.
//! 2. `http_server_request_duration_seconds` is a histogram, whose `_count` is the number of requests; labels
//!    `http_request_method`, `http_route` (the template, never the URL) and `http_response_status_code`.
//! 3. `http_server_active_requests` is a gauge with the first two labels; a client that leaves is subtracted again.
//! 4. Handles are made on first use of a route and status and then kept: no request looks a metric up or builds a label.
//! 5. Everything goes through the `metrics` facade's `Recorder`. An app has its own ([`Exporter`]), so that tests in one
//!    process share nothing.
//!
//! On a plain axum router, a [`MetricsLayer`] measures what it stands around under one route name:
//!
//! ```
//! use axum::{Router, routing::get};
//! use routekit::metrics::{Exporter, MetricsLayer, RouteMetrics};
//!
//! let exporter = Exporter::new();
//! let metrics = RouteMetrics::new(exporter.recorder(), "/hello");
//! let app: Router = Router::new().route("/hello", get(|| async { "hi" }).layer(MetricsLayer::new(metrics)));
//! ```

mod exporter;
mod future;
mod layer;
mod route_metrics;
mod service;

pub use self::{
    exporter::{Exporter, SharedRecorder},
    future::MetricsFuture,
    layer::MetricsLayer,
    route_metrics::RouteMetrics,
    service::Metrics,
};
