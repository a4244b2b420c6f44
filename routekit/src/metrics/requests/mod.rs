//! Metrics of requests.
//!
//! `http` creates those of each route (`route`), which keeps its handles: histograms by `outcome`, in the app's own
//! exporter or in any recorder (`target`).

mod http;
mod outcome;
mod route;
mod target;

pub use self::{http::HttpMetrics, route::RouteMetrics};
