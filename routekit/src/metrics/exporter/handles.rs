//! The handles of registered metrics.

use std::collections::HashMap;

use metrics::{Key, Label};
use parking_lot::{Mutex, RwLock};

/// The handles of one kind of metrics.
///
/// The macros of the facade ask for a handle each time that they record, so that a known key is one lookup.
#[derive(Debug)]
pub(super) struct Handles<H> {
    /// By the key as it was given.
    known: RwLock<HashMap<Key, H>>,
    /// By the key with its labels in order: another order is the same series.
    series: Mutex<HashMap<Key, H>>,
}

impl<H> Default for Handles<H> {
    fn default() -> Self {
        Self { known: RwLock::default(), series: Mutex::default() }
    }
}

impl<H: Clone> Handles<H> {
    /// The handle of a key that is known already.
    pub(super) fn get(&self, given: &Key) -> Option<H> {
        self.known.read().get(given).cloned()
    }

    /// The handle of a key, which is made unless the series has one. `admitted` is the key as it is rendered.
    pub(super) fn add(&self, given: &Key, admitted: &Key, make: impl FnOnce() -> H) -> H {
        let mut labels: Vec<Label> = admitted.labels().cloned().collect();
        labels.sort_by(|a, b| a.key().cmp(b.key()));
        let series = Key::from_parts(admitted.name().to_owned(), labels);
        let handle = self.series.lock().entry(series).or_insert_with(make).clone();
        self.known.write().insert(given.clone(), handle.clone());
        handle
    }
}
