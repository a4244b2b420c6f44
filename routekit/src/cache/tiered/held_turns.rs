//! The turns that this process has, and must extend.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::cache::{redis::turns::TurnToken, store::key::Key};

/// The turns that this process has.
#[derive(Default)]
pub(super) struct HeldTurns(Mutex<HashMap<TurnToken, HeldKey>>);

struct HeldKey {
    key: Key,
    /// Whether its entry will not be in Redis.
    is_lost: bool,
}

impl HeldTurns {
    pub(super) fn insert(&self, token: TurnToken, key: Key) {
        self.0.lock().insert(token, HeldKey { key, is_lost: false });
    }

    /// Whether this process has the turn of this key.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.lock().values().any(|held| held.key == *key)
    }

    /// Returns whether the entry will not be in Redis.
    pub(super) fn remove(&self, token: &TurnToken) -> bool {
        self.0.lock().remove(token).is_some_and(|held| held.is_lost)
    }

    /// The entry of this key will not be in Redis.
    pub(super) fn lose(&self, key: &Key) {
        self.0.lock().values_mut().filter(|held| held.key == *key).for_each(|held| held.is_lost = true);
    }

    /// The turns to extend.
    pub(super) fn held(&self) -> Vec<(TurnToken, Key)> {
        self.0.lock().iter().map(|(token, held)| (*token, held.key.clone())).collect()
    }

    pub(super) fn any(&self) -> bool {
        !self.0.lock().is_empty()
    }
}
