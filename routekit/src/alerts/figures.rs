//! The figures that the rules compare with their thresholds.

use std::time::Duration;

/// What an app measures for one tick.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlertFigures {
    pub(crate) routes: Vec<RouteReading>,
    pub(crate) system: SystemReading,
    /// The breakers that are not closed.
    pub(crate) breakers: Vec<BreakerReading>,
    /// The names of the stores that cannot be reached.
    pub(crate) stores_down: Vec<&'static str>,
}

/// The requests of a route in the window that ends now.
#[derive(Debug, Clone)]
pub(crate) struct RouteReading {
    /// `GET:/users:default`
    pub(crate) key: String,
    pub(crate) requests: u64,
    /// Those with a 5xx, those that ran into their timeout, and those whose handler panicked.
    pub(crate) failures: u64,
    pub(crate) mean: Duration,
    pub(crate) p99: Duration,
    pub(crate) thresholds: RouteThresholds,
}

/// The thresholds of a route. A rule whose threshold is `None` is off.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RouteThresholds {
    /// A share from 0 to 1.
    pub(crate) error_rate: Option<f64>,
    pub(crate) mean: Option<Duration>,
    pub(crate) p99: Option<Duration>,
}

/// The process and the machine. A figure is `None` if the system does not say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemReading {
    /// CPU time of the process in the last five seconds, in percent of what it may use.
    pub(crate) cpu_percent: Option<f64>,
    /// Memory that the process uses, in bytes.
    pub(crate) rss: Option<u64>,
    /// Memory that it may use, in bytes.
    pub(crate) memory_limit: Option<u64>,
    /// How late a task of the runtime runs.
    pub(crate) scheduling_delay: Option<Duration>,
}

/// A breaker that is not closed.
#[derive(Debug, Clone)]
pub(crate) struct BreakerReading {
    pub(crate) name: String,
    pub(crate) state: BreakerReadingState,
}

/// How a breaker refuses calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BreakerReadingState {
    Open,
    /// It lets probes pass, and may open again.
    HalfOpen,
}
