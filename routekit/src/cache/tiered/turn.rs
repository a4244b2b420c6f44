//! Turns: of all processes, one fills a key, and the others wait for the entry.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use super::{parts::TieredParts, store::TieredStore};
use crate::{
    base::clock::Clock,
    cache::{
        redis::turns::{BackgroundWrite, TURN, TurnAnswer, TurnChange, TurnToken},
        store::{key::Key, lookup_result::Lookup},
        validity::stamp::Stamp,
    },
    deadline::pause,
};

/// The pauses between attempts of a process that waits for another.
const PAUSES: std::ops::RangeInclusive<Duration> = Duration::from_millis(5)..=Duration::from_millis(40);

/// The turn of this process to fill a key. If it is dropped, it ends without an outcome, and another process tries.
pub(in crate::cache) struct HeldTurn {
    parts: Weak<TieredParts>,
    key: Key,
    token: TurnToken,
    change: TurnChange,
}

impl HeldTurn {
    /// Ends it. Processes that wait find the entry if it `is_stored`, or else fill for themselves.
    pub(in crate::cache) fn end(mut self, is_stored: bool) {
        self.change = if is_stored { TurnChange::End } else { TurnChange::EndUnshared };
    }
}

impl Drop for HeldTurn {
    fn drop(&mut self) {
        let Some(parts) = self.parts.upgrade() else { return };
        parts.turns.remove(&self.token);
        // After the entry, which was put before.
        parts.writes.push(BackgroundWrite::Turn(self.key.clone(), self.token, self.change));
    }
}

impl TieredStore {
    /// Waits until it is the turn of this process to fill the key. Returns no turn if the entry is there, or cannot be
    /// shared, or Redis is away: then no process waits for this one. Returns the stamp of a new entry if the key is
    /// known to have none.
    pub(in crate::cache) async fn turn(&self, key: &Key) -> (Option<HeldTurn>, Option<Stamp>) {
        let redis = &self.parts.redis;
        let token: TurnToken = fastrand::u128(..).to_be_bytes();
        let mut wait = *PAUSES.start();
        while redis.is_connected() {
            // In one round trip: Redis executes them in this order.
            let (answer, found) = tokio::join!(redis.take_turn(key, &token), redis.find(key));
            if let Ok(found) = &found {
                self.remember(found);
            }
            let missing = match &found {
                Ok(Lookup::Miss(stamp)) => Some(*stamp),
                _ => None,
            };
            match answer {
                Ok(TurnAnswer::Ours) => return (Some(self.held(key, token)), missing),
                Ok(TurnAnswer::Unshared) => return (None, missing),
                Ok(TurnAnswer::Taken) if !matches!(found, Ok(Lookup::Hit(..) | Lookup::VariesBy(..)) | Err(_)) => {}
                Ok(TurnAnswer::Taken) | Err(_) => break,
            }
            pause(wait.mul_f64(0.5 + 0.5 * fastrand::f64()), &Clock::system()).await;
            wait = wait.mul_f64(1.5).min(*PAUSES.end());
        }
        (None, None)
    }

    /// Takes the turn. `Err` if another process has it.
    pub(in crate::cache) async fn turn_now(&self, key: &Key) -> Result<Option<HeldTurn>, ()> {
        let token: TurnToken = fastrand::u128(..).to_be_bytes();
        match self.parts.redis.take_turn(key, &token).await {
            Ok(TurnAnswer::Ours) => Ok(Some(self.held(key, token))),
            Ok(TurnAnswer::Taken) => Err(()),
            Ok(TurnAnswer::Unshared) | Err(_) => Ok(None),
        }
    }

    fn held(&self, key: &Key, token: TurnToken) -> HeldTurn {
        let parts = &self.parts;
        if parts.turns.insert(token, key.clone()) {
            parts.spawner.spawn_repeatable(extend_until_none(ExtendingTask(Arc::downgrade(parts))));
        }
        HeldTurn { parts: Arc::downgrade(parts), key: key.clone(), token, change: TurnChange::End }
    }
}

/// The task that extends the turns of this process. If its runtime ends first, the next turn starts another one.
struct ExtendingTask(Weak<TieredParts>);

impl Drop for ExtendingTask {
    fn drop(&mut self) {
        if let Some(parts) = self.0.upgrade() {
            parts.turns.task_ended();
        }
    }
}

async fn extend_until_none(mut task: ExtendingTask) {
    loop {
        pause(TURN / 4, &Clock::system()).await;
        let Some(parts) = task.0.upgrade() else { return };
        let held = parts.turns.held_or_end();
        if held.is_empty() {
            // From here on, another task may run.
            task.0 = Weak::new();
            return;
        }
        for (token, key) in held {
            parts.writes.push(BackgroundWrite::Turn(key, token, TurnChange::Extend));
        }
    }
}

impl fmt::Debug for HeldTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldTurn").field("key", &self.key).finish_non_exhaustive()
    }
}
