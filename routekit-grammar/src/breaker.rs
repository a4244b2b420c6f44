//! The numeric settings of a circuit breaker: their defaults, and the rules that they must meet.

use std::{fmt, time::Duration};

use crate::ratio::Ratio;

/// The default of `failure_rate`.
pub const DEFAULT_FAILURE_RATE: Ratio = Ratio::from_millionths(500_000);
/// The default of the window.
pub const DEFAULT_WINDOW: Window = Window::Time(Duration::from_secs(60));
/// The default of `min_calls`, unless the window has fewer calls.
pub const DEFAULT_MIN_CALLS: u32 = 10;
/// The default of `open_for`.
pub const DEFAULT_OPEN_FOR: Duration = Duration::from_secs(60);
/// The default of `max_open_for`, unless `open_for` is longer.
pub const DEFAULT_MAX_OPEN_FOR: Duration = Duration::from_secs(10 * 60);

/// The largest window of calls. Each call of a window takes one byte.
pub const MAX_WINDOW_CALLS: u32 = 100_000;
/// The shortest window of time.
pub const MIN_WINDOW_TIME: Duration = Duration::from_millis(10);
/// The longest window of time.
pub const MAX_WINDOW_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest of all other times. Adding one of them to a point in time never overflows.
pub const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The largest `backoff`.
pub const MAX_BACKOFF: Ratio = Ratio::from_millionths(100 * Ratio::ONE.millionths());

/// The calls that a circuit breaker counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The calls that ended within this time.
    Time(Duration),
    /// The last calls, by their number.
    Calls(u32),
}

impl From<Duration> for Window {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl From<u32> for Window {
    fn from(calls: u32) -> Self {
        Self::Calls(calls)
    }
}

/// In the spelling of attributes: `60s`, `100 calls`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Calls(1) => f.write_str("1 call"),
            Self::Calls(calls) => write!(f, "{calls} calls"),
        }
    }
}

/// The declared numbers of a breaker; `None` means the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BreakerNumbers {
    /// The share of failed calls in the window at which the breaker opens.
    pub failure_rate: Option<Ratio>,
    /// The calls that are counted.
    pub window: Option<Window>,
    /// The number of calls in the window below which the breaker stays closed.
    pub min_calls: Option<u32>,
    /// How long the breaker stays open.
    pub open_for: Option<Duration>,
    /// The number of probes that a half-open breaker lets pass. All must succeed.
    pub half_open_calls: Option<u32>,
    /// The duration from which a call counts as slow.
    pub slow_call: Option<Duration>,
    /// The share of slow calls in the window at which the breaker opens.
    pub slow_rate: Option<Ratio>,
    /// The factor that multiplies the open time with each failed probe.
    pub backoff: Option<Ratio>,
    /// The longest open time that `backoff` leads to.
    pub max_open_for: Option<Duration>,
}

/// [`BreakerNumbers`] with their defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRules {
    /// See [`BreakerNumbers::failure_rate`].
    pub failure_rate: Ratio,
    /// See [`BreakerNumbers::window`].
    pub window: Window,
    /// See [`BreakerNumbers::min_calls`].
    pub min_calls: u32,
    /// See [`BreakerNumbers::open_for`].
    pub open_for: Duration,
    /// See [`BreakerNumbers::half_open_calls`].
    pub half_open_calls: u32,
    /// See [`BreakerNumbers::slow_call`]; `None` means that no call is slow.
    pub slow_call: Option<Duration>,
    /// See [`BreakerNumbers::slow_rate`].
    pub slow_rate: Ratio,
    /// See [`BreakerNumbers::backoff`].
    pub backoff: Ratio,
    /// See [`BreakerNumbers::max_open_for`].
    pub max_open_for: Duration,
}

/// A rule that the numbers of a breaker violate. `Display` names the setting and the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A rate that is zero or above one.
    Rate(&'static str, Ratio),
    /// A window of less than [`MIN_WINDOW_TIME`] or more than [`MAX_WINDOW_TIME`].
    WindowTime(Duration),
    /// A window of no calls, or of more than [`MAX_WINDOW_CALLS`].
    WindowCalls(u32),
    /// The window never has enough calls for the breaker to open.
    MinCallsAboveWindow {
        /// `min_calls`.
        min_calls: u32,
        /// The calls of the window.
        window: u32,
    },
    /// A count of zero.
    NoCalls(&'static str),
    /// The breaker would need more calls to close than it needs to open.
    HalfOpenCallsAboveMinCalls {
        /// `half_open_calls`.
        half_open_calls: u32,
        /// `min_calls`.
        min_calls: u32,
    },
    /// A time of zero, or of more than [`MAX_TIME`].
    Time(&'static str, Duration),
    /// A `backoff` below one or above [`MAX_BACKOFF`].
    Backoff(Ratio),
    /// `max_open_for` is shorter than `open_for`.
    MaxOpenForBelowOpenFor {
        /// `max_open_for`.
        max_open_for: Duration,
        /// `open_for`.
        open_for: Duration,
    },
}

impl BreakerNumbers {
    /// Creates numbers that declare nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            failure_rate: None,
            window: None,
            min_calls: None,
            open_for: None,
            half_open_calls: None,
            slow_call: None,
            slow_rate: None,
            backoff: None,
            max_open_for: None,
        }
    }

    /// Returns the rules, with defaults for the numbers that are not declared.
    #[must_use]
    pub fn with_defaults(self) -> BreakerRules {
        let window = self.window.unwrap_or(DEFAULT_WINDOW);
        let default_min_calls = match window {
            Window::Time(_) => DEFAULT_MIN_CALLS,
            Window::Calls(calls) => calls.min(DEFAULT_MIN_CALLS),
        };
        let open_for = self.open_for.unwrap_or(DEFAULT_OPEN_FOR);
        BreakerRules {
            failure_rate: self.failure_rate.unwrap_or(DEFAULT_FAILURE_RATE),
            window,
            min_calls: self.min_calls.unwrap_or(default_min_calls),
            open_for,
            half_open_calls: self.half_open_calls.unwrap_or(1),
            slow_call: self.slow_call,
            slow_rate: self.slow_rate.unwrap_or(Ratio::ONE),
            backoff: self.backoff.unwrap_or(Ratio::ONE),
            max_open_for: self.max_open_for.unwrap_or(DEFAULT_MAX_OPEN_FOR.max(open_for)),
        }
    }
}

impl BreakerRules {
    /// Returns every rule that is violated.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (name, rate) in [("failure_rate", self.failure_rate), ("slow_rate", self.slow_rate)] {
            found.extend(check_rate(name, rate));
        }
        found.extend(check_window(self.window));
        if let Window::Calls(window) = self.window
            && self.min_calls > window
        {
            found.push(Violation::MinCallsAboveWindow { min_calls: self.min_calls, window });
        }
        let (half_open_calls, min_calls) = (self.half_open_calls, self.min_calls);
        for (name, calls) in [("min_calls", min_calls), ("half_open_calls", half_open_calls)] {
            if calls == 0 {
                found.push(Violation::NoCalls(name));
            }
        }
        if half_open_calls > min_calls {
            found.push(Violation::HalfOpenCallsAboveMinCalls { half_open_calls, min_calls });
        }
        let times = [
            ("open_for", Some(self.open_for)),
            ("slow_call", self.slow_call),
            ("max_open_for", Some(self.max_open_for)),
        ];
        found.extend(times.into_iter().filter_map(|(name, time)| check_time(name, time?)));
        if !(Ratio::ONE..=MAX_BACKOFF).contains(&self.backoff) {
            found.push(Violation::Backoff(self.backoff));
        }
        let (max_open_for, open_for) = (self.max_open_for, self.open_for);
        if max_open_for < open_for {
            found.push(Violation::MaxOpenForBelowOpenFor { max_open_for, open_for });
        }
        found
    }
}

/// Checks that a rate is above zero and at most one.
fn check_rate(name: &'static str, rate: Ratio) -> Option<Violation> {
    (rate.millionths() == 0 || rate > Ratio::ONE).then_some(Violation::Rate(name, rate))
}

/// Checks that a window counts at least one call, and takes a bounded amount of memory.
#[must_use]
pub fn check_window(window: Window) -> Option<Violation> {
    match window {
        Window::Time(time) => {
            (!(MIN_WINDOW_TIME..=MAX_WINDOW_TIME).contains(&time)).then_some(Violation::WindowTime(time))
        }
        Window::Calls(calls) => (calls == 0 || calls > MAX_WINDOW_CALLS).then_some(Violation::WindowCalls(calls)),
    }
}

/// Checks that a time is above zero and at most [`MAX_TIME`].
#[must_use]
pub fn check_time(name: &'static str, time: Duration) -> Option<Violation> {
    (time.is_zero() || time > MAX_TIME).then_some(Violation::Time(name, time))
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(name, rate) => write!(f, "`{name}` is {rate}; a rate is above 0 and at most 1"),
            Self::WindowTime(time) => {
                write!(f, "`window` is {time:?}; it must be between 10 milliseconds and 24 hours")
            }
            Self::WindowCalls(calls) => {
                write!(f, "`window` is {calls} calls; it must be between 1 and {MAX_WINDOW_CALLS}")
            }
            Self::MinCallsAboveWindow { min_calls, window } => write!(
                f,
                "`min_calls` is {min_calls}, but the window has only {window} calls: the breaker would never open"
            ),
            Self::NoCalls(name) => write!(f, "`{name}` is 0; it must be at least 1"),
            Self::HalfOpenCallsAboveMinCalls { half_open_calls, min_calls } => write!(
                f,
                "`half_open_calls` is {half_open_calls}, above the {min_calls} of `min_calls`: the breaker would need \
                 more calls to close than to open"
            ),
            Self::Time(name, time) => write!(f, "`{name}` is {time:?}; it must be above zero and at most a year"),
            Self::Backoff(factor) => write!(f, "`backoff` is {factor}; it must be between 1 and {MAX_BACKOFF}"),
            Self::MaxOpenForBelowOpenFor { max_open_for, open_for } => {
                write!(f, "`max_open_for` is {max_open_for:?}, below `open_for`, {open_for:?}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(change: impl FnOnce(&mut BreakerNumbers)) -> BreakerRules {
        let mut numbers = BreakerNumbers::new();
        change(&mut numbers);
        numbers.with_defaults()
    }

    #[test]
    fn defaults_break_no_rule() {
        assert_eq!(rules(|_| {}).violations(), []);
        assert_eq!(rules(|n| n.window = Some(Window::Calls(4))).min_calls, 4, "the breaker can open");
        let day = Duration::from_secs(86_400);
        assert_eq!(rules(|n| n.open_for = Some(day)).max_open_for, day);
    }

    #[test]
    fn violations_name_the_setting_and_the_limit() {
        let second = Duration::from_secs(1);
        let ratio = |value| Some(Ratio::from_f64(value));
        let rows: [(&str, BreakerRules, &str); 14] = [
            ("rate 0", rules(|n| n.failure_rate = ratio(0.0)), "`failure_rate` is 0"),
            ("rate above 1", rules(|n| n.failure_rate = ratio(1.1)), "`failure_rate` is 1.1"),
            ("slow rate 0", rules(|n| n.slow_rate = ratio(0.0)), "`slow_rate` is 0"),
            ("no window", rules(|n| n.window = Some(Window::Time(Duration::ZERO))), "`window` is 0ns"),
            ("a week", rules(|n| n.window = Some(Window::Time(second * 604_800))), "10 milliseconds and 24 hours"),
            ("too many calls", rules(|n| n.window = Some(Window::Calls(100_001))), "between 1 and 100000"),
            ("min above window", rules(|n| (n.window, n.min_calls) = (Some(Window::Calls(5)), Some(6))), "never open"),
            ("min 0", rules(|n| n.min_calls = Some(0)), "`min_calls` is 0"),
            ("no probe", rules(|n| n.half_open_calls = Some(0)), "`half_open_calls` is 0"),
            ("probes above min", rules(|n| n.half_open_calls = Some(11)), "above the 10 of `min_calls`"),
            ("open for nothing", rules(|n| n.open_for = Some(Duration::ZERO)), "`open_for` is 0ns"),
            ("open for 2 years", rules(|n| n.open_for = Some(2 * MAX_TIME)), "at most a year"),
            ("shrinks", rules(|n| n.backoff = ratio(0.5)), "`backoff` is 0.5"),
            ("max below", rules(|n| n.max_open_for = Some(second)), "below `open_for`"),
        ];
        for (name, rules, expected) in rows {
            let reasons: Vec<String> = rules.violations().iter().map(ToString::to_string).collect();
            assert!(reasons.iter().any(|reason| reason.contains(expected)), "{name}: {reasons:?}");
        }
    }
}
