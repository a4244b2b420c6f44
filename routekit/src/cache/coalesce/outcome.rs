//! The outcome of a fetch, as the waiting requests receive it.

use std::{
    any::Any,
    sync::{Arc, Mutex},
};

use axum::response::IntoResponse;
use http::StatusCode;
use tokio::sync::watch;

use crate::{
    cache::{
        store::{buffered_response::BufferedResponse, stored_response::StoredResponse},
        validity::stamp::Stamp,
    },
    observe::Failure,
    problem::Problem,
};

/// The channel for the outcome of a fetch.
pub(in crate::cache) type OutcomeReceiver = watch::Receiver<Option<FillOutcome>>;

/// The outcome of a fetch, as the waiting requests receive it.
#[derive(Debug, Clone)]
pub(in crate::cache) enum FillOutcome {
    /// The response was stored.
    Stored(Arc<StoredResponse>),
    /// The handler failed.
    Failed(Arc<FailedFetch>),
    /// The fill of a value failed with this error after this stamp.
    Error(Arc<dyn Any + Send + Sync>, Stamp),
    /// The response is for one request: each of the others calls the handler itself.
    Alone,
}

/// A failure of the handler that the waiting requests may receive as well.
#[derive(Debug)]
pub(in crate::cache) struct FailedFetch {
    pub(in crate::cache) response: BufferedResponse,
    /// The logical time before the handler was called.
    pub(in crate::cache) stamp: Stamp,
    /// Whether the response comes from a fallback, whatever its status.
    pub(in crate::cache) is_fallback: bool,
    /// The one fetch that the waiting requests try before they receive the failure.
    pub(super) second: Mutex<Option<OutcomeReceiver>>,
}

impl FillOutcome {
    /// Creates a failure that the waiting requests receive as this problem, without headers and body of the handler.
    pub(in crate::cache) fn failed(problem: Problem, failure: Option<Failure>, stamp: Stamp) -> Self {
        let document = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = problem.into_response();
        if let Some(failure) = failure {
            response.extensions_mut().insert(failure);
        }
        let buffered = BufferedResponse::new(response.status(), response.headers(), &document);
        Self::Failed(Arc::new(FailedFetch::new(buffered.with_extensions(response.extensions()), stamp, false)))
    }
}

impl FailedFetch {
    /// Creates a failure that the waiting requests receive as this response.
    pub(in crate::cache) fn new(response: BufferedResponse, stamp: Stamp, is_fallback: bool) -> Self {
        Self { response, stamp, is_fallback, second: Mutex::default() }
    }

    /// Whether the request that led the fetch may have caused the failure. Then one of the waiting requests calls the
    /// handler before the failure is shared. An upstream that is unavailable or too slow fails for every request.
    pub(in crate::cache) fn may_concern_one_request(&self) -> bool {
        const OF_THE_UPSTREAM: [StatusCode; 3] =
            [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
        !self.is_fallback && !OF_THE_UPSTREAM.contains(&self.response.status)
    }

    /// Whether the handler exceeded its time limit.
    pub(in crate::cache) fn is_timeout(&self) -> bool {
        self.response.failure == Some(Failure::Timeout)
    }

    /// Whether a stale response may replace it.
    pub(in crate::cache) fn allows_stale(&self) -> bool {
        self.is_fallback || is_stale_if_error(self.response.status)
    }
}

/// Whether `stale-if-error` applies to a response with this status (RFC 5861 §4).
pub(in crate::cache) fn is_stale_if_error(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}
