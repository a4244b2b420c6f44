//! The figures of an app in one place, for its own code: [`Metrics`] is a dependency of every app.
//!
//! ```
//! use routekit::{performance::Metrics, prelude::*, test::TestApp};
//!
//! #[get("/busiest")]
//! async fn busiest(metrics: Dep<Metrics>) -> String {
//!     let routes = metrics.route_metrics();
//!     let busiest = routes.iter().max_by_key(|route| route.total_requests);
//!     busiest.map(|route| route.route_key.clone()).unwrap_or_default()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = TestApp::new(App::with_routes(routes![busiest]));
//! app.get("/busiest").send().await;
//! assert_eq!(app.get("/busiest").send().await.text(), "GET:/busiest:default");
//! # }
//! ```
//!
//! Operators get the same figures from the [admin surface](crate::admin): `GET /metrics` as JSON, and
//! `GET /metrics/performance`.
//!
//! 1. [`Metrics::document`] has the counts since the start of the app.
//! 2. [`Metrics::report`] is about a window of time, and recommends what to change (`advice`).

mod advice;
mod document;
mod facts;
mod few_threads;
mod handle;
mod report;
mod report_cache;
mod time_range;

pub use self::{
    document::MetricsDocument,
    handle::Metrics,
    report::{PerformanceReport, ReportSummary, ReportedRoutes},
    time_range::{TimeRange, TimeRangeError},
};
pub(crate) use self::{facts::RouteFacts, handle::MetricsSources};
