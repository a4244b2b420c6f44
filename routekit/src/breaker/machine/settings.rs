//! The settings that decide when a breaker opens and for how long.

use std::{fmt, time::Duration};

use routekit_grammar::breaker::{BreakerRules, check_time};

use crate::route::{BreakerPolicy, Ratio};

/// All settings of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BreakerSettings {
    pub(in crate::breaker) rules: BreakerRules,
    pub(in crate::breaker) probe_lease: Duration,
}

impl BreakerSettings {
    /// Returns the settings of `policy`, with defaults for those that it leaves out.
    pub(crate) fn of(policy: &BreakerPolicy, probe_lease: Duration) -> Self {
        Self { rules: policy.numbers().with_defaults(), probe_lease }
    }

    /// Returns the first rule that the settings break. The rules are those of the attribute.
    pub(in crate::breaker) fn check(&self) -> Result<(), String> {
        let violation = self.rules.violations().into_iter().next();
        match violation.or_else(|| check_time("probe_lease", self.probe_lease)) {
            Some(violation) => Err(violation.to_string()),
            None => Ok(()),
        }
    }

    pub(crate) fn probe_lease(&self) -> Duration {
        self.probe_lease
    }

    /// Whether `other` has the same settings. The lease of probes is ignored: routes do not choose it.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        self.rules == other.rules
    }

    /// The open time after `reopened` failed attempts to close.
    pub(in crate::breaker) fn open_time(&self, reopened: u32) -> Duration {
        if self.rules.backoff == Ratio::ONE {
            return self.rules.open_for;
        }
        let factor = self.rules.backoff.as_f64().powf(f64::from(reopened));
        let longest = self.rules.max_open_for;
        Duration::try_from_secs_f64(self.rules.open_for.as_secs_f64() * factor)
            .map_or(longest, |time| time.min(longest))
    }
}

/// `failure_rate 0.5, window 60s, min_calls 10, open_for 60s, half_open_calls 1`
impl fmt::Display for BreakerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "failure_rate {}, window {}, min_calls {}",
            self.rules.failure_rate, self.rules.window, self.rules.min_calls
        )?;
        if let Some(slow_call) = self.rules.slow_call {
            write!(f, ", slow_call {slow_call:?}, slow_rate {}", self.rules.slow_rate)?;
        }
        write!(f, ", open_for {:?}", self.rules.open_for)?;
        if self.rules.backoff != Ratio::ONE {
            write!(f, ", backoff {}, max_open_for {:?}", self.rules.backoff, self.rules.max_open_for)?;
        }
        write!(f, ", half_open_calls {}", self.rules.half_open_calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn settings(change: impl FnOnce(BreakerPolicy) -> BreakerPolicy) -> BreakerSettings {
        BreakerSettings::of(&change(BreakerPolicy::new()), MINUTE)
    }

    #[test]
    fn defaults_are_displayed_as_the_attribute_names_them() {
        let text = "failure_rate 0.5, window 60s, min_calls 10, open_for 60s, half_open_calls 1";
        assert_eq!(settings(|policy| policy).to_string(), text);
        assert_eq!(settings(|policy| policy).check(), Ok(()));
    }

    #[test]
    fn check_reports_broken_rules_and_a_lease_of_no_time() {
        let reason = settings(|policy| policy.with_min_calls(0)).check().unwrap_err();
        assert_eq!(reason, "`min_calls` is 0; it must be at least 1");
        let lease = BreakerSettings::of(&BreakerPolicy::new(), Duration::ZERO).check().unwrap_err();
        assert_eq!(lease, "`probe_lease` is 0ns; it must be above zero and at most a year");
    }

    #[test]
    fn open_time_grows_up_to_the_maximum() {
        let policy = |policy: BreakerPolicy| policy.with_backoff(Ratio::from_f64(2.0));
        let settings = settings(|it| policy(it).with_max_open_for(Duration::from_secs(300)));
        let seconds = [0, 1, 2, 3, 1000, u32::MAX].map(|reopened| settings.open_time(reopened).as_secs());
        assert_eq!(seconds, [60, 120, 240, 300, 300, 300]);
    }
}
