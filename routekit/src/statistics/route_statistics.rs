//! The statistics of a route, as operators and programs see them.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::route_identity::RouteIdentity;
use crate::{
    base::clock::serialize_time_option,
    recording::{RELATIVE_ERROR, RequestOutcome, RequestTotals},
};

/// The statistics of a route, since the start of the app or of a window of time.
///
/// In JSON, names are in camelCase, and points in time are RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RouteStatistics {
    /// `METHOD:path:version`, with `default` in place of a version. `unmatched` for all requests without a route.
    pub route_key: String,
    /// The method that the route was declared with, or `ANY`. A `GET` route includes its `HEAD` requests.
    pub method: String,
    /// The template, such as `/users/{id}`. `None` for requests without a route.
    pub path: Option<String>,
    /// The option `version` of the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// All requests.
    pub total_requests: u64,
    /// Requests with a status below 400 that were answered completely.
    pub successful_requests: u64,
    /// Requests with a status of 400 or above.
    pub failed_requests: u64,
    /// Requests that the server failed: a status of 500 or above, a timeout, a panic, a body that broke off.
    pub server_failures: u64,
    /// Requests whose client left before the end.
    pub cancelled_requests: u64,
    /// Failed requests by status.
    pub errors_by_code: BTreeMap<u16, u64>,
    /// The durations of the requests.
    pub response_time_metrics: ResponseTimes,
    /// Requests per second: over the last minute, or over the window.
    pub requests_per_second: f64,
    /// When the last request was seen to have ended: requests are looked for every five seconds, and for each reading.
    /// `None` for a window, and before the first request.
    #[serde(serialize_with = "serialize_time_option")]
    pub last_request: Option<SystemTime>,
    /// Requests that took at least as long as the route's `slow` threshold.
    pub slow_requests: u64,
    /// The bytes that the handler allocates when it is called, on average. `None` unless the program has the feature
    /// `alloc-stats` and its allocator.
    pub memory_usage: Option<f64>,
    /// The option `tags` of the route.
    pub tags: Vec<String>,
}

/// The durations of requests, in milliseconds. All are 0 without requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResponseTimes {
    /// The shortest duration: exact since the start, within the error bound for a window.
    pub min: f64,
    /// The longest duration: exact since the start, within the error bound for a window.
    pub max: f64,
    /// The mean duration, which is exact.
    pub mean: f64,
    /// Half of the requests took longer.
    pub median: f64,
    /// A twentieth of the requests took longer.
    pub p95: f64,
    /// A hundredth of the requests took longer.
    pub p99: f64,
    /// The greatest relative error of the quantiles. Below 0.008 ms their error is up to 0.000256 ms instead.
    pub error_bound: f64,
}

impl RouteStatistics {
    /// `extremes` are the shortest and the longest duration if they are known exactly.
    pub(super) fn new(
        identity: &RouteIdentity,
        totals: &RequestTotals,
        extremes: Option<(Duration, Duration)>,
    ) -> Self {
        let failed = |status: u16| status >= 400;
        let mut errors_by_code = BTreeMap::new();
        for (outcome, count) in &totals.outcomes {
            if let Some(status) = outcome.status().map(|status| status.as_u16()).filter(|status| failed(*status)) {
                *errors_by_code.entry(status).or_default() += count;
            }
        }
        let (total_requests, failed_requests) = (totals.count(), errors_by_code.values().sum::<u64>());
        Self {
            route_key: identity.key(),
            method: identity.method.clone(),
            path: identity.path.clone(),
            version: identity.version.clone(),
            total_requests,
            successful_requests: totals.count_of(RequestOutcome::is_success),
            failed_requests,
            server_failures: totals.count_of(RequestOutcome::is_server_failure),
            cancelled_requests: totals.count_of(RequestOutcome::is_cancelled),
            errors_by_code,
            response_time_metrics: ResponseTimes::new(totals, extremes),
            requests_per_second: 0.0,
            last_request: None,
            slow_requests: totals.slow,
            #[expect(clippy::cast_precision_loss, reason = "a mean")]
            memory_usage: (totals.measured > 0).then(|| totals.allocated_bytes as f64 / totals.measured as f64),
            tags: identity.tags.clone(),
        }
    }

    /// The share of failed requests, from 0 to 1. It includes 4xx; alerts count
    /// [`server_failures`](Self::server_failures) only.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn error_rate(&self) -> f64 {
        if self.total_requests == 0 { 0.0 } else { self.failed_requests as f64 / self.total_requests as f64 }
    }
}

impl ResponseTimes {
    fn new(totals: &RequestTotals, extremes: Option<(Duration, Duration)>) -> Self {
        let Some(mean) = totals.mean() else { return Self { error_bound: RELATIVE_ERROR, ..Self::default() } };
        let quantile = |quantile| totals.quantile(quantile).unwrap_or_default();
        let (min, max) = extremes.unwrap_or_else(|| (quantile(0.0), quantile(1.0)));
        // A quantile is the middle of a bucket, which may lie beyond the extremes.
        let quantile = |at| milliseconds(quantile(at).clamp(min, max));
        Self {
            min: milliseconds(min),
            max: milliseconds(max),
            mean: milliseconds(mean),
            median: quantile(0.5),
            p95: quantile(0.95),
            p99: quantile(0.99),
            error_bound: RELATIVE_ERROR,
        }
    }
}

/// To the nanosecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e9).round() / 1e6
}
