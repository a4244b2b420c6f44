//! When a breaker opens, and for how long.

use std::{fmt, time::Duration};

use crate::route::{BreakerPolicy, Ratio, Window};

/// All settings of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BreakerSettings {
    pub(in crate::breaker) failure_rate: Ratio,
    pub(in crate::breaker) window: Window,
    pub(in crate::breaker) min_calls: u32,
    pub(in crate::breaker) open_for: Duration,
    pub(in crate::breaker) half_open_calls: u32,
    pub(in crate::breaker) slow_call: Option<Duration>,
    pub(in crate::breaker) slow_rate: Ratio,
    pub(in crate::breaker) backoff: Ratio,
    pub(in crate::breaker) max_open_for: Duration,
    pub(in crate::breaker) probe_lease: Duration,
}

const FAILURE_RATE: Ratio = Ratio::from_millionths(500_000);
const MINUTE: Duration = Duration::from_secs(60);
const MIN_CALLS: u32 = 10;
/// Default upper bound of `open_for` with `backoff`.
const MAX_OPEN_FOR: Duration = Duration::from_secs(10 * 60);
/// Upper bound of all durations. Adding one to an `Instant` cannot overflow.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Each call in the window takes one byte.
const MOST_CALLS: u32 = 100_000;
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

impl BreakerSettings {
    /// The settings of `policy`, with defaults for what it leaves out.
    pub(crate) fn of(policy: &BreakerPolicy, probe_lease: Duration) -> Self {
        let window = policy.window.unwrap_or(Window::Time(MINUTE));
        let min_calls = policy.min_calls.unwrap_or(match window {
            Window::Time(_) => MIN_CALLS,
            Window::Calls(calls) => calls.min(MIN_CALLS),
        });
        let open_for = policy.open_for.unwrap_or(MINUTE);
        Self {
            failure_rate: policy.failure_rate.unwrap_or(FAILURE_RATE),
            window,
            min_calls,
            open_for,
            half_open_calls: policy.half_open_calls.unwrap_or(1),
            slow_call: policy.slow_call,
            slow_rate: policy.slow_rate.unwrap_or(Ratio::ONE),
            backoff: policy.backoff.unwrap_or(Ratio::ONE),
            max_open_for: policy.max_open_for.unwrap_or(MAX_OPEN_FOR.max(open_for)),
            probe_lease,
        }
    }

    /// What makes no sense, if anything does.
    pub(in crate::breaker) fn check(&self) -> Result<(), String> {
        let rate = |name: &str, rate: Ratio| match rate.millionths() {
            1..=1_000_000 => Ok(()),
            _ => Err(format!("`{name}` is {rate}; a rate is above 0 and at most 1")),
        };
        rate("failure_rate", self.failure_rate)?;
        rate("slow_rate", self.slow_rate)?;
        match self.window {
            Window::Time(time) if time.is_zero() || time > LONGEST_WINDOW => {
                return Err(format!("`window` is {time:?}; it is above zero and at most 24 hours"));
            }
            Window::Calls(calls) if calls == 0 || calls > MOST_CALLS => {
                return Err(format!("`window` is {calls} calls; it is 1 to {MOST_CALLS}"));
            }
            Window::Calls(calls) if self.min_calls > calls => {
                return Err(format!(
                    "`min_calls` is {}, and the window has only {calls} calls: it would never open",
                    self.min_calls
                ));
            }
            Window::Time(_) | Window::Calls(_) => {}
        }
        let counts = [("min_calls", self.min_calls), ("half_open_calls", self.half_open_calls)];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(format!("`{name}` is 0; it is at least 1"));
        }
        if self.half_open_calls > self.min_calls {
            return Err(format!(
                "`half_open_calls` is {}, above the {} of `min_calls`: to close it would take more calls than to open",
                self.half_open_calls, self.min_calls
            ));
        }
        let times = [
            ("open_for", self.open_for),
            ("slow_call", self.slow_call.unwrap_or(self.open_for)),
            ("max_open_for", self.max_open_for),
            ("probe_lease", self.probe_lease),
        ];
        if let Some((name, time)) = times.into_iter().find(|(_, time)| time.is_zero() || *time > YEAR) {
            return Err(format!("`{name}` is {time:?}; it is above zero and at most a year"));
        }
        if !(1_000_000..=100_000_000).contains(&self.backoff.millionths()) {
            return Err(format!("`backoff` is {}; it is 1 to 100", self.backoff));
        }
        if self.max_open_for < self.open_for {
            return Err(format!("`max_open_for` is {:?}, below `open_for`, {:?}", self.max_open_for, self.open_for));
        }
        Ok(())
    }

    pub(crate) fn probe_lease(&self) -> Duration {
        self.probe_lease
    }

    /// Whether `other` has the same settings. The lease of probes is ignored: routes do not choose it.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        *self == Self { probe_lease: self.probe_lease, ..*other }
    }

    /// Time open after `reopened` failed attempts to close.
    pub(in crate::breaker) fn open_time(&self, reopened: u32) -> Duration {
        if self.backoff == Ratio::ONE {
            return self.open_for;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most a hundred million")]
        let factor = (self.backoff.millionths() as f64 / 1e6).powf(f64::from(reopened));
        let longest = self.max_open_for;
        Duration::try_from_secs_f64(self.open_for.as_secs_f64() * factor).map_or(longest, |time| time.min(longest))
    }
}

/// `50% of 60s, 10 calls, open 60s`, for people.
impl fmt::Display for BreakerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failure_rate {}, window {}, min_calls {}", self.failure_rate, self.window, self.min_calls)?;
        if let Some(slow_call) = self.slow_call {
            write!(f, ", slow_call {slow_call:?}, slow_rate {}", self.slow_rate)?;
        }
        write!(f, ", open_for {:?}", self.open_for)?;
        if self.backoff != Ratio::ONE {
            write!(f, ", backoff {}, max_open_for {:?}", self.backoff, self.max_open_for)?;
        }
        write!(f, ", half_open_calls {}", self.half_open_calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl FnOnce(BreakerPolicy) -> BreakerPolicy) -> BreakerSettings {
        BreakerSettings::of(&change(BreakerPolicy::new()), MINUTE)
    }

    #[test]
    fn the_defaults() {
        let text = "failure_rate 0.5, window 60s, min_calls 10, open_for 60s, half_open_calls 1";
        assert_eq!(settings(|policy| policy).to_string(), text);
        assert_eq!(settings(|policy| policy).check(), Ok(()));
        assert_eq!(settings(|policy| policy.window(Window::Calls(4))).min_calls, 4, "it can open");
        let day = Duration::from_secs(86_400);
        assert_eq!(settings(|policy| policy.open_for(day)).max_open_for, day);
    }

    #[test]
    fn what_makes_no_sense() {
        let second = Duration::from_secs(1);
        let rows: [(&str, BreakerSettings, &str); 13] = [
            ("rate 0", settings(|s| s.failure_rate(Ratio::from_f64(0.0))), "`failure_rate` is 0"),
            ("rate above 1", settings(|s| s.failure_rate(Ratio::from_f64(1.1))), "`failure_rate` is 1.1"),
            ("slow rate 0", settings(|s| s.slow_rate(Ratio::from_f64(0.0))), "`slow_rate` is 0"),
            ("no window", settings(|s| s.window(Window::Time(Duration::ZERO))), "`window` is 0ns"),
            ("a week", settings(|s| s.window(Window::Time(second * 604_800))), "at most 24 hours"),
            ("no calls", settings(|s| s.window(Window::Calls(0))), "`window` is 0 calls"),
            ("min above window", settings(|s| s.window(Window::Calls(5)).min_calls(6)), "never open"),
            ("min 0", settings(|s| s.min_calls(0)), "`min_calls` is 0"),
            ("no probe", settings(|s| s.half_open_calls(0)), "`half_open_calls` is 0"),
            ("probes above min", settings(|s| s.half_open_calls(11)), "above the 10 of `min_calls`"),
            ("open for nothing", settings(|s| s.open_for(Duration::ZERO)), "`open_for` is 0ns"),
            ("shrinks", settings(|s| s.backoff(Ratio::from_f64(0.5))), "`backoff` is 0.5"),
            ("max below", settings(|s| s.max_open_for(second)), "below `open_for`"),
        ];
        for (name, settings, expected) in rows {
            let reason = settings.check().unwrap_err();
            assert!(reason.contains(expected), "{name}: {reason}");
        }
    }

    #[test]
    fn it_is_open_for_longer_each_time_up_to_the_most() {
        let settings = settings(|s| s.backoff(Ratio::from_f64(2.0)).max_open_for(Duration::from_secs(300)));
        let seconds = [0, 1, 2, 3, 1000, u32::MAX].map(|reopened| settings.open_time(reopened).as_secs());
        assert_eq!(seconds, [60, 120, 240, 300, 300, 300]);
    }
}
