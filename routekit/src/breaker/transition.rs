//! What a breaker can be, and how it comes to be something else.

use std::fmt;

use serde::Serialize;

/// What a circuit breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// All pass.
    Closed,
    /// None passes.
    Open,
    /// A few pass, to see whether it can close.
    HalfOpen,
}

/// Who decides on the [`State`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// The outcomes of calls.
    Automatic,
    /// Somebody has opened it: no call passes, for however long.
    ForcedOpen,
    /// Somebody has closed it: all calls pass and are counted, whatever comes of them.
    ForcedClosed,
    /// Somebody has switched it off: all calls pass, and none is counted.
    Disabled,
    /// The outcomes of calls, but all calls pass: what it would do is seen in its state, its transitions and the log. None is counted as refused.
    MetricsOnly,
}

/// A change of the state or the mode of a breaker.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// What it was.
    pub from: State,
    /// What it is.
    pub to: State,
    /// The mode that it is in.
    pub mode: Mode,
    /// Why.
    pub cause: Cause,
    /// Which part of the calls in the window had failed, from 0 to 1.
    pub failure_rate: f64,
    /// Which part of them was slow, from 0 to 1.
    pub slow_rate: f64,
    /// How many calls there were in the window.
    pub calls: u64,
    /// The how-manieth change of this breaker this is, from 1. Whoever is told by several threads can tell their order by it.
    pub number: u64,
}

/// Why a breaker has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Too many calls in the window failed.
    FailureRate,
    /// Too many of them were slow.
    SlowRate,
    /// It was open for as long as it was to be.
    OpenForElapsed,
    /// All probes succeeded.
    ProbesSucceeded,
    /// A probe failed, or was slow.
    ProbeFailed,
    /// Somebody said so.
    Commanded,
}

impl State {
    /// As metrics, logs and documents have it: `closed`, `open`, `half_open`.
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
    /// As logs and documents have it: `automatic`, `forced_open`, `forced_closed`, `disabled`, `metrics_only`.
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
    /// As logs have it.
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
