//! The turns that this process has, and must extend.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::cache::{redis::turns::TurnToken, store::key::Key};

/// The turns that this process has.
#[derive(Default)]
pub(super) struct HeldTurns(Mutex<TurnTable>);

#[derive(Default)]
struct TurnTable {
    held: HashMap<TurnToken, Key>,
    /// Whether a task extends them.
    has_task: bool,
}

impl HeldTurns {
    /// Returns whether a task must be started.
    #[must_use]
    pub(super) fn insert(&self, token: TurnToken, key: Key) -> bool {
        let mut turns = self.0.lock();
        turns.held.insert(token, key);
        !std::mem::replace(&mut turns.has_task, true)
    }

    pub(super) fn remove(&self, token: &TurnToken) {
        self.0.lock().held.remove(token);
    }

    /// The turns to extend. If there are none, the task has ended.
    pub(super) fn held_or_end(&self) -> Vec<(TurnToken, Key)> {
        let mut turns = self.0.lock();
        turns.has_task = !turns.held.is_empty();
        turns.held.iter().map(|(token, key)| (*token, key.clone())).collect()
    }

    pub(super) fn task_ended(&self) {
        self.0.lock().has_task = false;
    }
}
