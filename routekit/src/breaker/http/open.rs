//! The response of an open breaker.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{breaker::Open, observe::Failure, problem::Problem};

/// 503 with `Retry-After` in whole seconds, rounded up, so that no client retries too early; one second while probes
/// are in flight.
impl From<Open> for Problem {
    fn from(open: Open) -> Self {
        let nanos = open.retry_after().as_nanos();
        let seconds = u64::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(u64::MAX).max(1);
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("a dependency is failing; try again later")
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
            .with_source(open)
    }
}

impl IntoResponse for Open {
    fn into_response(self) -> Response {
        let mut response = Problem::from(self).into_response();
        response.extensions_mut().insert(Failure::BreakerOpen);
        response
    }
}
