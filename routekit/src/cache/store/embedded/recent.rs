//! The entries that are requested most, in front of moka.
//!
//! Most of a `get` of moka is to record the request, and now and then to act on the records; to find the entry is a
//! tenth of it (`tests/benches/README.md`, overhead). An entry that is requested all the time need not be recorded each
//! time.

use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::RwLock;

use crate::cache::store::{entry::Entry, key::Key};

/// Larger entries are not kept here: to find one costs little beside sending it.
const MAX_SIZE: usize = 16 * 1024;

/// Every such request for an entry goes to moka, which records it.
const RECORDED: u32 = 32;

/// A slot for each of some hashes, with the entry that was last found there. All of them are in moka as well, which
/// reports when one is removed.
pub(super) struct Recent(Box<[RecentSlot]>);

#[derive(Default)]
struct RecentSlot {
    entry: RwLock<Option<Entry>>,
    requests: AtomicU32,
    /// How many entries with a hash of this slot moka has removed.
    removed: AtomicU32,
}

impl Recent {
    /// With a slot for each 64 KiB of the store.
    pub(super) fn new(bytes: u64) -> Self {
        let slots = usize::try_from(bytes / (64 * 1024)).unwrap_or(usize::MAX).clamp(1, 1024).next_power_of_two();
        Self((0..slots).map(|_| RecentSlot::default()).collect())
    }

    /// The entry of this key; `None` if it is not here, its slot is being changed, or moka has to record the request.
    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        let slot = self.slot(key.hash());
        let entry = slot.entry.try_read()?.as_ref().filter(|entry| entry.key() == key).cloned()?;
        let requests = slot.requests.fetch_add(1, Ordering::Relaxed);
        (!requests.is_multiple_of(RECORDED)).then_some(entry)
    }

    /// Must be read before the entry is looked up in moka, and be given to [`keep`](Self::keep).
    pub(super) fn removed(&self, key: &Key) -> u32 {
        self.slot(key.hash()).removed.load(Ordering::SeqCst)
    }

    /// Keeps an entry that was found in moka, unless moka has removed an entry of the slot since: perhaps this one.
    pub(super) fn keep(&self, entry: &Entry, removed: u32) {
        if entry.size() > MAX_SIZE {
            return;
        }
        let slot = self.slot(entry.key().hash());
        if let Some(mut kept) = slot.entry.try_write()
            && slot.removed.load(Ordering::SeqCst) == removed
            && !kept.as_ref().is_some_and(|kept| kept.is(entry))
        {
            *kept = Some(entry.clone());
        }
    }

    /// Drops an entry that moka has removed.
    pub(super) fn forget(&self, entry: &Entry) {
        let slot = self.slot(entry.key().hash());
        let mut kept = slot.entry.write();
        slot.removed.fetch_add(1, Ordering::SeqCst);
        if kept.as_ref().is_some_and(|kept| kept.is(entry)) {
            *kept = None;
        }
    }

    fn slot(&self, hash: u64) -> &RecentSlot {
        // The lower bits choose the slots of other maps as well, which does no harm.
        let index = usize::try_from(hash & (self.0.len() as u64 - 1)).expect("less than a length");
        &self.0[index]
    }
}
