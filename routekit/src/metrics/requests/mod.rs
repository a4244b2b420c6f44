//! Metrics of requests.
//!
//! `http` creates those of each route (`route`), which keeps its handles: histograms by `outcome`, in the record of the
//! route that the app's own exporter shows, or in any recorder (`target`).

mod http;
mod outcome;
mod route;
mod target;

pub use self::{http::HttpMetrics, route::RouteMetrics};
