//! The times of a shutdown.

use std::time::Duration;

use tokio::time::Instant;

use crate::{config::Config, shutdown::Drain};

/// How long tasks that were cut off may take to end.
pub(super) const CUT_OFF_TIME: Duration = Duration::from_millis(500);

/// When each phase of a shutdown ends at the latest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShutdownSchedule {
    /// The end of the drain.
    pub(super) drained: Instant,
    /// The time to stop waiting for requests.
    pub(super) cut_off: Instant,
    /// The end of the whole shutdown.
    pub(super) deadline: Instant,
}

impl ShutdownSchedule {
    /// The times of a shutdown that begins at `start`, with hooks that may need `hooks`.
    pub(super) fn new(config: &Config, drain: Drain, hooks: Duration, start: Instant) -> Self {
        let whole = *config.server_shutdown_deadline;
        let drain = match drain {
            Drain::AsConfigured => *config.server_drain_delay,
            Drain::Skip => Duration::ZERO,
        };
        let for_hooks = hooks.min(whole.saturating_sub(drain) / 2);
        let cutting_off = if hooks.is_zero() { Duration::ZERO } else { CUT_OFF_TIME };
        let at = |time: Duration| {
            // A time that cannot be expressed is as good as never.
            start.checked_add(time).unwrap_or(start + Duration::from_secs(86_400 * 365))
        };
        Self { drained: at(drain), cut_off: at(whole.saturating_sub(for_hooks + cutting_off)), deadline: at(whole) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn hooks_get_their_budget_and_at_most_half_of_the_time() {
        let millis = Duration::from_millis;
        let (config, start) = (Config::default(), Instant::now());
        for (drain, hooks, times) in [
            (Drain::AsConfigured, 0, [5_000, 30_000, 30_000]),
            (Drain::AsConfigured, 5_000, [5_000, 24_500, 30_000]),
            (Drain::Skip, 12_000, [0, 17_500, 30_000]),
            (Drain::Skip, 60_000, [0, 14_500, 30_000]),
        ] {
            let [drained, cut_off, deadline] = times.map(|time| start + millis(time));
            let schedule = ShutdownSchedule::new(&config, drain, millis(hooks), start);
            assert_eq!(schedule, ShutdownSchedule { drained, cut_off, deadline });
        }
    }
}
