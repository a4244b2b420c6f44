//! States, modes and transitions of a breaker.

use std::fmt;

use serde::Serialize;

/// The state of a circuit breaker, which decides whether calls pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// All calls pass.
    Closed,
    /// All calls are refused.
    Open,
    /// A few calls pass as probes. If they succeed, the breaker closes.
    HalfOpen,
}

/// The mode of a circuit breaker, which decides what controls its [`State`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// The outcomes of calls.
    Automatic,
    /// Forced open: all calls are refused until the mode changes.
    ForcedOpen,
    /// Forced closed: all calls pass and are counted, and the breaker never opens.
    ForcedClosed,
    /// Switched off: all calls pass and none is counted.
    Disabled,
    /// The outcomes of calls control the state, but all calls pass and none counts as rejected. State, transitions and
    /// logs show when the breaker would have opened.
    MetricsOnly,
}

/// A change of the state or the mode of a breaker.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// The mode after.
    pub mode: Mode,
    /// The cause of the change.
    pub cause: Cause,
    /// The share of failed calls in the window before the change, from 0 to 1.
    pub failure_rate: f64,
    /// The share of slow calls in the window before the change, from 0 to 1.
    pub slow_rate: f64,
    /// The number of calls in the window before the change.
    pub calls: u64,
    /// The sequence number of this transition, counted from 1 for each breaker. Listeners that run on several threads
    /// can order transitions by it.
    pub number: u64,
}

/// The cause of a [`Transition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// `failure_rate` was reached.
    FailureRate,
    /// `slow_rate` was reached.
    SlowRate,
    /// `open_for` has elapsed.
    OpenForElapsed,
    /// All probes succeeded.
    ProbesSucceeded,
    /// A probe failed or was slow.
    ProbeFailed,
    /// The program or an operator changed the mode.
    Commanded,
}

impl State {
    /// Returns the name in metrics, logs and JSON: `closed`, `open`, `half_open`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl Mode {
    /// Returns the name in logs and JSON: `automatic`, `forced_open`, `forced_closed`, `disabled`, `metrics_only`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

impl Cause {
    /// Returns the name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailureRate => "failure_rate",
            Self::SlowRate => "slow_rate",
            Self::OpenForElapsed => "open_for_elapsed",
            Self::ProbesSucceeded => "probes_succeeded",
            Self::ProbeFailed => "probe_failed",
            Self::Commanded => "commanded",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
