//! The entries that are asked for most, in front of moka.
//!
//! To find an entry costs moka a tenth of what it takes; most of a `get` is to note that it was asked for, and now and then to act on
//! what was noted. What is asked for all the time need not be noted each time.

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicU32, Ordering},
};

use crate::cache::{Entry, Key};

/// Larger entries are not kept here: to find one costs little beside sending it.
const LARGEST: usize = 16 * 1024;

/// Every so many times an entry is asked for, moka is told.
const NOTED: u32 = 32;

/// A place for each of some hashes, with the entry that was last found there. All of them are in moka as well, which says when one
/// goes.
pub(in crate::cache) struct Recent(Box<[Place]>);

#[derive(Default)]
struct Place {
    entry: RwLock<Option<Arc<Entry>>>,
    asked: AtomicU32,
    /// How many entries went elsewhere that might have been here.
    gone: AtomicU32,
}

impl Recent {
    /// With a place for each so many bytes of the store.
    pub(in crate::cache) fn new(bytes: u64) -> Self {
        let places = usize::try_from(bytes / (64 * 1024)).unwrap_or(usize::MAX).clamp(1, 1024).next_power_of_two();
        Self((0..places).map(|_| Place::default()).collect())
    }

    /// The entry of this key, unless it is not here, or moka is to be told, or whoever changes the place is at it.
    pub(in crate::cache) fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        let place = self.place(key.hash());
        let entry = place.entry.try_read().ok()?.as_ref().filter(|entry| entry.key() == key).map(Arc::clone)?;
        let asked = place.asked.fetch_add(1, Ordering::Relaxed);
        (!asked.is_multiple_of(NOTED)).then_some(entry)
    }

    /// To be asked before an entry is looked for elsewhere.
    pub(in crate::cache) fn gone(&self, key: &Key) -> u32 {
        self.place(key.hash()).gone.load(Ordering::SeqCst)
    }

    /// Keeps what was found elsewhere, unless something has gone there meanwhile: perhaps this.
    pub(in crate::cache) fn keep(&self, entry: &Arc<Entry>, gone: u32) {
        if entry.size() > LARGEST {
            return;
        }
        let place = self.place(entry.key().hash());
        if let Ok(mut kept) = place.entry.try_write()
            && place.gone.load(Ordering::SeqCst) == gone
            && !kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, entry))
        {
            *kept = Some(Arc::clone(entry));
        }
    }

    /// Forgets an entry that is gone elsewhere.
    pub(in crate::cache) fn forget(&self, entry: &Arc<Entry>) {
        let place = self.place(entry.key().hash());
        let mut kept = place.entry.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        place.gone.fetch_add(1, Ordering::SeqCst);
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, entry)) {
            *kept = None;
        }
    }

    fn place(&self, hash: u64) -> &Place {
        // The lower bits choose the places of other maps as well, which does no harm.
        let index = usize::try_from(hash & (self.0.len() as u64 - 1)).expect("it is less than a length");
        &self.0[index]
    }
}
