//! The state of a breaker as data.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::machine::{Machine, Mode, State, Totals, part};
use crate::base::clock::{Clock, serialize_time_option};

/// The state, counts and totals of a circuit breaker at one moment.
///
/// In JSON, names are in camelCase, points in time are RFC 3339, and numbers have their unit in the name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// The name of the breaker.
    pub name: String,
    /// The state, which decides whether calls pass.
    pub state: State,
    /// The mode, which decides what controls the state.
    pub mode: Mode,
    /// The number of failed calls in the window.
    pub failure_count: u64,
    /// The number of successful calls in the window.
    pub success_count: u64,
    /// The number of slow calls in the window, failed or not.
    pub slow_count: u64,
    /// The number of calls in the window.
    pub request_count: u64,
    /// The share of failed calls in the window, from 0 to 1.
    pub failure_rate: f64,
    /// The share of slow calls in the window, from 0 to 1.
    pub slow_rate: f64,
    /// The time of the last failure. Computed from the age of the failure and the current wall clock.
    #[serde(serialize_with = "serialize_time_option")]
    pub last_failure_time: Option<SystemTime>,
    /// The number of times that the breaker has opened since the program started.
    pub opened: u64,
    /// The number of calls that it has refused since the program started.
    pub rejected: u64,
    /// The time until the breaker becomes half-open. `None` unless it has opened because of its rates.
    #[serde(rename = "retryAfterMs", serialize_with = "as_millis")]
    pub retry_after: Option<Duration>,
}

impl BreakerSnapshot {
    pub(super) fn of(name: &str, machine: &mut Machine, clock: &Clock) -> Self {
        let now = clock.now();
        let counts = machine.counts(now);
        let Totals { opened, rejected, .. } = machine.totals();
        let ago = |then| now.saturating_duration_since(then);
        let last_failure_time = machine.last_failure().map(|failure| {
            // Stored as an age, so that setting the wall clock affects only this value.
            SystemTime::UNIX_EPOCH + clock.unix_time().saturating_sub(ago(failure))
        });
        Self {
            name: name.to_owned(),
            state: machine.state(),
            mode: machine.mode(),
            failure_count: counts.failures,
            success_count: counts.calls - counts.failures,
            slow_count: counts.slow,
            request_count: counts.calls,
            failure_rate: part(counts.failures, counts.calls),
            slow_rate: part(counts.slow, counts.calls),
            last_failure_time,
            opened,
            rejected,
            retry_after: machine.open_until().map(|until| until.saturating_duration_since(now)),
        }
    }
}

fn as_millis<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    // Saturates at 2^64 ms.
    time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}
