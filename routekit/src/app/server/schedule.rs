//! The times of a shutdown.

use std::time::Duration;

use tokio::time::Instant;

use crate::{config::Config, shutdown::Drain};

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
        let at = |time: Duration| {
            // A time that cannot be expressed is as good as never.
            start.checked_add(time).unwrap_or(start + Duration::from_secs(86_400 * 365))
        };
        Self { drained: at(drain), cut_off: at(whole.saturating_sub(for_hooks)), deadline: at(whole) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn hooks_get_their_budget_and_at_most_half_of_the_time() {
        let seconds = Duration::from_secs;
        let (config, start) = (Config::default(), Instant::now());
        for (drain, hooks, times) in [
            (Drain::AsConfigured, 0, [5, 30, 30]),
            (Drain::AsConfigured, 5, [5, 25, 30]),
            (Drain::Skip, 12, [0, 18, 30]),
            (Drain::Skip, 60, [0, 15, 30]),
        ] {
            let [drained, cut_off, deadline] = times.map(|time| start + seconds(time));
            let schedule = ShutdownSchedule::new(&config, drain, seconds(hooks), start);
            assert_eq!(schedule, ShutdownSchedule { drained, cut_off, deadline });
        }
    }
}
