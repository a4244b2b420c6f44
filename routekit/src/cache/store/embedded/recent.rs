//! The most requested entries, in front of moka.
//!
//! A `get` of moka mostly records the request, and sometimes acts on the records; finding the entry is a tenth of its
//! cost (`tests/benches/README.md`, overhead). An entry that is requested all the time need not be recorded each time.

use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::RwLock;

use crate::cache::store::{entry::Entry, key::Key};

/// Larger entries are not kept here: finding one costs little compared with sending it.
const MAX_SIZE: usize = 16 * 1024;

/// One in this many requests for an entry goes to moka, which records it.
const RECORDED: u32 = 32;

/// A slot for each of some hashes, with the entry that was last found there. All of these are in moka as well, which
/// reports when it removes one.
pub(super) struct Recent(Box<[RecentSlot]>);

#[derive(Default)]
struct RecentSlot {
    entry: RwLock<Option<Entry>>,
    requests: AtomicU32,
    /// The number of entries with a hash of this slot that moka has removed.
    removed: AtomicU32,
}

impl Recent {
    /// Creates a slot for each 64 KiB of the store.
    pub(super) fn new(bytes: u64) -> Self {
        let slots = usize::try_from(bytes / (64 * 1024)).unwrap_or(usize::MAX).clamp(1, 1024).next_power_of_two();
        Self((0..slots).map(|_| RecentSlot::default()).collect())
    }

    /// Returns the entry of this key; `None` if it is not here, its slot is being changed, or moka must record the
    /// request.
    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        let slot = self.slot(key.hash());
        let entry = slot.entry.try_read()?.as_ref().filter(|entry| entry.key() == key).cloned()?;
        let requests = slot.requests.fetch_add(1, Ordering::Relaxed);
        (!requests.is_multiple_of(RECORDED)).then_some(entry)
    }

    /// Whether an entry is small enough to be kept.
    pub(super) fn takes(entry: &Entry) -> bool {
        entry.size() <= MAX_SIZE
    }

    /// Must be read before the entry is looked up in moka, and passed to [`keep`](Self::keep).
    pub(super) fn removed(&self, key: &Key) -> u32 {
        self.slot(key.hash()).removed.load(Ordering::SeqCst)
    }

    /// Keeps an entry that was found in moka, unless moka has since removed an entry of the slot, which may be this
    /// one.
    pub(super) fn keep(&self, entry: &Entry, removed: u32) {
        if !Self::takes(entry) {
            return;
        }
        let slot = self.slot(entry.key().hash());
        if let Some(mut kept) = slot.entry.try_write()
            && slot.removed.load(Ordering::SeqCst) == removed
            && !kept.as_ref().is_some_and(|kept| kept.is(entry))
        {
            if kept.as_ref().is_some_and(|kept| kept.key() != entry.key()) {
                slot.requests.store(0, Ordering::Relaxed);
            }
            *kept = Some(entry.clone());
        }
    }

    /// All entries, each with the number of requests for its key since another key had its slot.
    pub(super) fn entries(&self) -> Vec<(u32, Entry)> {
        let counted = |slot: &RecentSlot| Some((slot.requests.load(Ordering::Relaxed), slot.entry.read().clone()?));
        self.0.iter().filter_map(counted).collect()
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
        // The lower bits also choose the slots of other maps, which does no harm.
        let index = usize::try_from(hash & (self.0.len() as u64 - 1)).expect("less than a length");
        &self.0[index]
    }
}
