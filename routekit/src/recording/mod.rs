//! The one recording of a request, from which `/metrics`, statistics, alerts and reports come.
//!
//! Each route keeps one [`RequestHistogram`] for each method and outcome ([`RouteRecord`]). A finished request is
//! counted in one of them: a few relaxed additions, without a lock. Readers add the histograms up ([`RequestTotals`]),
//! and a window of time is the difference of two such sums.

#![cfg_attr(
    not(feature = "prometheus"),
    expect(dead_code, unused_imports, reason = "only an exporter shows the buckets of histograms")
)]

mod duration_histogram;
mod outcome;
mod request_histogram;
mod route_record;
mod scale;
mod size_histogram;
mod snapshot;
mod totals;

pub(crate) use self::{
    outcome::RequestOutcome,
    request_histogram::{RequestBounds, RequestHistogram, RequestMeasure},
    route_record::{RecordReading, RouteRecord},
    scale::{BucketScale, RELATIVE_ERROR},
    snapshot::HistogramSnapshot,
    totals::RequestTotals,
};
