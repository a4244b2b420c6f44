//! The report about a window of time.

use std::time::SystemTime;

use serde::Serialize;

use super::time_range::TimeRange;
use crate::{alerts::Alert, base::clock::serialize_time, statistics::RouteStatistics, system::SystemMetrics};

/// The performance of an app within a window of time.
///
/// In JSON, names are in camelCase, and points in time are RFC 3339.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PerformanceReport {
    /// The time of the report.
    #[serde(serialize_with = "serialize_time")]
    pub generated_at: SystemTime,
    /// When the app started. There is nothing of the time before.
    #[serde(serialize_with = "serialize_time")]
    pub started_at: SystemTime,
    /// The window that the report covers. It begins with the app if that started later than the requested window, and
    /// may be longer by a slot of the statistics at each end: five seconds within the last ten minutes, a minute within
    /// the last three hours, else an hour.
    pub time_range: TimeRange,
    /// The sums of all routes.
    pub summary: ReportSummary,
    /// CPU, memory, async runtime and allocator of now.
    pub system_metrics: SystemMetrics,
    /// The routes that stand out.
    pub route_metrics: ReportedRoutes,
    /// The alerts that are active now, the most severe ones first.
    pub alerts: Vec<Alert>,
    /// What to change, each with the route and the figure.
    pub recommendations: Vec<String>,
}

/// The sums of all routes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportSummary {
    /// All requests.
    pub total_requests: u64,
    /// Requests with a status of 400 or above.
    pub total_errors: u64,
    /// The share of errors in all requests, from 0 to 1. It includes 4xx; alerts count failures of the server only.
    pub error_rate: f64,
    /// The mean duration in milliseconds.
    pub average_response_time: f64,
    /// The number of routes with requests.
    pub total_routes: usize,
    /// The number of alerts that are active now.
    pub active_alerts: usize,
}

/// The routes that stand out.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportedRoutes {
    /// Up to five routes whose mean exceeds the app's `slow` (1 s if it is off), the slowest first.
    pub slowest_routes: Vec<RouteStatistics>,
    /// Up to five routes of whose requests more than 5 % failed with a status of 400 or above, the worst first.
    pub error_prone_routes: Vec<RouteStatistics>,
    /// The ten routes with the most requests.
    pub most_used_routes: Vec<RouteStatistics>,
    /// The number of routes with requests.
    pub route_count: usize,
}

/// The share of failed requests from which a route is prone to errors.
const ERROR_RATE: f64 = 0.05;

impl ReportSummary {
    #[expect(clippy::cast_precision_loss, reason = "shares and means")]
    pub(super) fn new(routes: &[RouteStatistics], active_alerts: usize) -> Self {
        let sum = |figure: fn(&RouteStatistics) -> u64| routes.iter().map(figure).sum::<u64>();
        let (total_requests, total_errors) = (sum(|route| route.total_requests), sum(|route| route.failed_requests));
        let spent: f64 =
            routes.iter().map(|route| route.response_time_metrics.mean * route.total_requests as f64).sum();
        let share = |of: f64| if total_requests == 0 { 0.0 } else { of / total_requests as f64 };
        Self {
            total_requests,
            total_errors,
            error_rate: share(total_errors as f64),
            average_response_time: share(spent),
            total_routes: routes.len(),
            active_alerts,
        }
    }
}

impl ReportedRoutes {
    /// `slow` is the mean in milliseconds from which a route is slow.
    pub(super) fn new(routes: &[RouteStatistics], slow: f64) -> Self {
        let mean = |route: &RouteStatistics| route.response_time_metrics.mean;
        // Requests without a route fail by definition.
        let matched: Vec<RouteStatistics> = routes.iter().filter(|route| route.path.is_some()).cloned().collect();
        Self {
            slowest_routes: first(5, routes, mean, |mean| mean > slow),
            error_prone_routes: first(5, &matched, RouteStatistics::error_rate, |rate| rate > ERROR_RATE),
            #[expect(clippy::cast_precision_loss, reason = "an order")]
            most_used_routes: first(10, routes, |route| route.total_requests as f64, |requests| requests > 0.0),
            route_count: routes.len(),
        }
    }
}

/// The routes with the highest figures that pass a test.
fn first(
    count: usize,
    routes: &[RouteStatistics],
    figure: impl Fn(&RouteStatistics) -> f64,
    passes: impl Fn(f64) -> bool,
) -> Vec<RouteStatistics> {
    let mut found: Vec<&RouteStatistics> = routes.iter().filter(|route| passes(figure(route))).collect();
    found.sort_by(|one, other| figure(other).total_cmp(&figure(one)));
    found.into_iter().take(count).cloned().collect()
}
