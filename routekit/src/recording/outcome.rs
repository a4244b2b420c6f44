//! How a request ended, in two bytes.

use http::StatusCode;

use crate::observe::{Ending, Failure};

/// The status of a response, and the kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RequestOutcome(u16);

impl RequestOutcome {
    /// The number of kinds.
    pub(crate) const KINDS: usize = 10;

    pub(crate) fn of(ending: Ending) -> Self {
        let kind = match ending.failure {
            None if ending.is_no_failure => 8,
            None => 0,
            Some(Failure::Timeout) => 1,
            Some(Failure::Panic) => 2,
            Some(Failure::Cancelled) => 3,
            Some(Failure::Body) => 4,
            Some(Failure::Service) => 5,
            Some(Failure::BreakerOpen) => 6,
            Some(Failure::Concurrency) => 7,
            Some(Failure::Shutdown) => 9,
        };
        Self(ending.status.map_or(0, |status| status.as_u16()) * 16 + kind)
    }

    /// A number below [`KINDS`](Self::KINDS) for the kind of failure.
    pub(crate) fn kind(self) -> usize {
        usize::from(self.0 % 16)
    }

    /// The status. `None` if the client disconnected before there was one, or the service failed.
    pub(crate) fn status(self) -> Option<StatusCode> {
        StatusCode::from_u16(self.0 / 16).ok()
    }

    /// Whether the server failed: a 5xx, a timeout, a panic, a broken body. Not if the client left or the app stopped.
    pub(crate) fn is_server_failure(self) -> bool {
        match self.kind() {
            0 => self.status().is_some_and(|status| status.is_server_error()),
            3 | 8 | 9 => false,
            _ => true,
        }
    }

    /// Whether the request was answered completely, with a status below 400.
    pub(crate) fn is_success(self) -> bool {
        self.status().is_some_and(|status| status.as_u16() < 400) && matches!(self.kind(), 0 | 8)
    }

    /// Whether the client left before the end.
    pub(crate) fn is_cancelled(self) -> bool {
        self.kind() == 3
    }

    pub(crate) fn to_bits(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_keeps_status_and_kind() {
        let ending = |status: u16, failure| {
            let status = StatusCode::from_u16(status).ok();
            RequestOutcome::of(Ending { status, failure, is_no_failure: false })
        };
        for (outcome, status, fails) in [
            (ending(200, None), Some(200), false),
            (ending(404, None), Some(404), false),
            (ending(500, None), Some(500), true),
            (ending(504, Some(Failure::Timeout)), Some(504), true),
            (ending(200, Some(Failure::Timeout)), Some(200), true),
            (ending(200, Some(Failure::Body)), Some(200), true),
            (ending(200, Some(Failure::Cancelled)), Some(200), false),
            (ending(0, Some(Failure::Cancelled)), None, false),
            (ending(999, Some(Failure::Shutdown)), Some(999), false),
        ] {
            assert_eq!(outcome.status().map(|status| status.as_u16()), status);
            assert_eq!(outcome.is_server_failure(), fails, "{outcome:?}");
            assert_eq!(outcome.is_success(), status == Some(200) && outcome.kind() == 0, "{outcome:?}");
            assert_eq!(RequestOutcome::from_bits(outcome.to_bits()), outcome);
        }
        let probe = Ending { status: Some(StatusCode::SERVICE_UNAVAILABLE), failure: None, is_no_failure: true };
        assert!(!RequestOutcome::of(probe).is_server_failure());
    }
}
