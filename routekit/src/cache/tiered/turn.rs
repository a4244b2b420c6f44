//! Turns: of all processes, one fills a key, and the others wait for the entry.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use super::{parts::TieredParts, store::TieredStore};
use crate::{
    base::{clock::Clock, redis_waits::RedisWaits, spawner::sole_task::RunningTask},
    cache::{
        redis::turns::{BackgroundWrite, TURN, TurnAnswer, TurnChange, TurnToken},
        store::{key::Key, lookup_result::Lookup},
        validity::stamp::Stamp,
    },
    deadline::pause,
};

/// The pauses between attempts of a process that waits for another.
const PAUSES: std::ops::RangeInclusive<Duration> = Duration::from_millis(5)..=Duration::from_millis(40);

/// The turn of this process to fill a key, or a question for it whose answer is not known. If it is dropped, it ends
/// without an outcome, and another process tries.
pub(in crate::cache) struct HeldTurn {
    parts: Weak<TieredParts>,
    key: Key,
    token: TurnToken,
    /// What to do when it is dropped. `None` if this process does not have the turn.
    change: Option<TurnChange>,
}

impl HeldTurn {
    /// Ends it. Processes that wait find the entry if it `is_stored`, or else fill for themselves.
    pub(in crate::cache) fn end(mut self, is_stored: bool) {
        self.change = Some(if is_stored { TurnChange::End } else { TurnChange::EndUnshared });
    }

    /// Another process has it.
    fn forget(mut self) {
        self.change = None;
    }
}

impl Drop for HeldTurn {
    fn drop(&mut self) {
        let (Some(parts), Some(change)) = (self.parts.upgrade(), self.change) else { return };
        let is_lost = parts.turns.remove(&self.token);
        let change = if is_lost && change == TurnChange::End { TurnChange::EndUnshared } else { change };
        // After the entry, which was put before.
        parts.writes.push(BackgroundWrite::Turn(self.key.clone(), self.token, change));
    }
}

/// What a process has after it waited for its turn.
#[derive(Debug, Default)]
pub(in crate::cache) struct TurnOutcome {
    /// `None` if the entry is there, or cannot be shared, or Redis is away: then no process waits for this one.
    pub(in crate::cache) turn: Option<HeldTurn>,
    /// The stamp of a new entry, if the key is known to have none.
    pub(in crate::cache) missing: Option<Stamp>,
    /// Whether another process had the turn.
    pub(in crate::cache) has_waited: bool,
}

impl TieredStore {
    /// Waits until it is the turn of this process to fill the key. Only the answers of Redis count in `waits`, and not
    /// those that another process has the turn: such a request waits for that process.
    pub(in crate::cache) async fn turn(&self, key: &Key, waits: &RedisWaits) -> TurnOutcome {
        let redis = &self.parts.redis;
        let (mut outcome, mut wait_for) = (TurnOutcome::default(), *PAUSES.start());
        // A fetch of this process whose outcome is invalid already may have the turn.
        while redis.is_connected() && !self.parts.turns.has(key) {
            let wait = redis.wait(waits);
            let left = &wait.left;
            if left.left().is_zero() {
                break;
            }
            // Redis may give the turn although this future is dropped, or the answer is late.
            let asked = self.ask(key);
            // Usually in one round trip, in this order. In the other order, a handler may run once more. A process that
            // waits does not read an entry that is invalid again and again.
            let (answer, mut found) = match outcome.has_waited {
                false => {
                    let (answer, found) = tokio::join!(redis.take_turn(key, &asked.token, left), redis.find(key, left));
                    (answer, Some(found))
                }
                true => (redis.take_turn(key, &asked.token, left).await, None),
            };
            if matches!(answer, Ok(TurnAnswer::Ours | TurnAnswer::Unshared)) && found.is_none() {
                found = Some(redis.find(key, left).await);
            }
            if let Some(Ok(found)) = &found {
                self.remember(found);
                outcome.missing = matches!(found, Lookup::Miss(_)).then(|| found.stamp());
            }
            match answer {
                Ok(TurnAnswer::Ours) => {
                    outcome.turn = Some(self.hold(asked));
                    break;
                }
                Ok(TurnAnswer::Unshared) => {
                    asked.forget();
                    break;
                }
                Ok(TurnAnswer::Taken) => {
                    asked.forget();
                    wait.forgive();
                    // Without a turn, another process may store it at any time.
                    outcome.missing = None;
                    if matches!(found, Some(Ok(Lookup::Hit(..) | Lookup::VariesBy(..)))) {
                        break;
                    }
                }
                Err(_) => break,
            }
            outcome.has_waited = true;
            pause(wait_for.mul_f64(0.5 + 0.5 * fastrand::f64()), &Clock::system()).await;
            wait_for = wait_for.mul_f64(1.5).min(*PAUSES.end());
        }
        outcome
    }

    /// Takes the turn, in the background. `Err` if another process has it.
    pub(in crate::cache) async fn turn_now(&self, key: &Key) -> Result<Option<HeldTurn>, ()> {
        let (asked, redis) = (self.ask(key), &self.parts.redis);
        match redis.take_turn(key, &asked.token, &redis.budget()).await {
            Ok(TurnAnswer::Ours) => Ok(Some(self.hold(asked))),
            Ok(TurnAnswer::Taken) => {
                asked.forget();
                Err(())
            }
            Ok(TurnAnswer::Unshared) => {
                asked.forget();
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    fn ask(&self, key: &Key) -> HeldTurn {
        let (parts, token) = (Arc::downgrade(&self.parts), fastrand::u128(..).to_be_bytes());
        HeldTurn { parts, key: key.clone(), token, change: Some(TurnChange::End) }
    }

    /// Extends the turn from now on.
    fn hold(&self, turn: HeldTurn) -> HeldTurn {
        let parts = &self.parts;
        parts.turns.insert(turn.token, turn.key.clone());
        parts.extending.start(&parts.spawner, |running| extend_until_none(Arc::downgrade(parts), running));
        turn
    }
}

/// Extends the turns of this process, while it has any.
async fn extend_until_none(parts: Weak<TieredParts>, running: RunningTask) {
    let mut unfinished = Some(running);
    while let Some(running) = unfinished {
        pause(TURN / 4, &Clock::system()).await;
        let Some(parts) = parts.upgrade() else { return };
        for (token, key) in parts.turns.held() {
            parts.writes.push(BackgroundWrite::Turn(key, token, TurnChange::Extend));
        }
        unfinished = if parts.turns.any() { Some(running) } else { running.end(|| parts.turns.any()) };
    }
}

impl fmt::Debug for HeldTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldTurn").field("key", &self.key).finish_non_exhaustive()
    }
}
