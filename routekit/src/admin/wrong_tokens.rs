//! Limits the guesses at the admin token.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::base::clock::Clock;

/// The number of wrong tokens that are answered at once. One more is allowed each second.
const ALLOWED: u32 = 10;
/// How long each further request with a token waits before the token is compared.
const WAIT: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_secs(1);

/// Counts wrong tokens. While there are too many, it delays requests with a token and limits their log events. Clones
/// share the count.
///
/// A request waits before its token is compared; otherwise the time of the response would reveal a correct token. A
/// correct token waits no longer than a wrong one, so guesses do not lock operators out.
#[derive(Debug, Clone)]
pub(crate) struct WrongTokens {
    clock: Clock,
    state: Arc<Mutex<WrongTokenState>>,
}

#[derive(Debug, Default)]
struct WrongTokenState {
    /// The time at which every wrong token so far is forgotten, at one per second.
    forgotten: Option<Instant>,
    logged: Option<Instant>,
    /// The number of wrong tokens since the last log event.
    unlogged: u64,
}

impl WrongTokens {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// Waits if there were too many wrong tokens. Returns whether it did.
    pub(super) async fn slow_down(&self) -> bool {
        let limit = self.clock.now() + INTERVAL * (ALLOWED - 1);
        let slowed = self.state.lock().forgotten.is_some_and(|forgotten| forgotten > limit);
        if slowed {
            tokio::time::sleep(WAIT).await;
        }
        slowed
    }

    /// Counts a wrong token.
    pub(super) fn count(&self) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let forgotten = state.forgotten.map_or(now, |forgotten| forgotten.max(now)) + INTERVAL;
        // Many guesses at once must not delay operators for longer than twenty seconds.
        state.forgotten = Some(forgotten.min(now + INTERVAL * (2 * ALLOWED)));
    }

    /// Counts a wrong token that has no log event of its own. Returns how many to log, once a second.
    pub(super) fn to_log(&self) -> Option<u64> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.unlogged += 1;
        if state.logged.is_some_and(|logged| now < logged + INTERVAL) {
            return None;
        }
        state.logged = Some(now);
        Some(std::mem::take(&mut state.unlogged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    #[tokio::test(start_paused = true)]
    async fn eleventh_wrong_token_waits_until_one_is_forgotten() {
        let clock = ManualClock::new();
        let wrong = WrongTokens::new(clock.clock());
        for number in 1..=10 {
            assert!(!wrong.slow_down().await, "number {number}");
            wrong.count();
        }
        let start = tokio::time::Instant::now();
        assert!(wrong.slow_down().await);
        assert_eq!(start.elapsed(), WAIT);
        clock.advance(INTERVAL);
        assert!(!wrong.slow_down().await, "one is forgotten");
        wrong.count();
        assert!(wrong.slow_down().await);
        for _ in 0..1_000 {
            wrong.count();
        }
        clock.advance(INTERVAL * (ALLOWED + 1));
        assert!(!wrong.slow_down().await, "however many there were");
    }

    #[test]
    fn wrong_tokens_are_reported_once_a_second_with_their_number() {
        let clock = ManualClock::new();
        let wrong = WrongTokens::new(clock.clock());
        assert_eq!([wrong.to_log(), wrong.to_log(), wrong.to_log()], [Some(1), None, None]);
        clock.advance(INTERVAL);
        assert_eq!([wrong.to_log(), wrong.to_log()], [Some(3), None]);
    }
}
