//! The turns that this process has, and must extend.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::cache::{redis::turns::TurnToken, store::key::Key};

/// The turns that this process has.
#[derive(Default)]
pub(super) struct HeldTurns(Mutex<TurnTable>);

#[derive(Default)]
struct TurnTable {
    held: HashMap<TurnToken, HeldKey>,
    /// Whether a task extends them.
    has_task: bool,
}

struct HeldKey {
    key: Key,
    /// Whether its entry will not be in Redis.
    is_lost: bool,
}

impl HeldTurns {
    /// Returns whether a task must be started.
    #[must_use]
    pub(super) fn insert(&self, token: TurnToken, key: Key) -> bool {
        let mut turns = self.0.lock();
        turns.held.insert(token, HeldKey { key, is_lost: false });
        !std::mem::replace(&mut turns.has_task, true)
    }

    /// Whether this process has the turn of this key.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.lock().held.values().any(|held| held.key == *key)
    }

    /// Returns whether the entry will not be in Redis.
    pub(super) fn remove(&self, token: &TurnToken) -> bool {
        self.0.lock().held.remove(token).is_some_and(|held| held.is_lost)
    }

    /// The entry of this key will not be in Redis.
    pub(super) fn lose(&self, key: &Key) {
        self.0.lock().held.values_mut().filter(|held| held.key == *key).for_each(|held| held.is_lost = true);
    }

    /// The turns to extend. If there are none, the task has ended.
    pub(super) fn held_or_end(&self) -> Vec<(TurnToken, Key)> {
        let mut turns = self.0.lock();
        turns.has_task = !turns.held.is_empty();
        turns.held.iter().map(|(token, held)| (*token, held.key.clone())).collect()
    }

    pub(super) fn task_ended(&self) {
        self.0.lock().has_task = false;
    }
}
