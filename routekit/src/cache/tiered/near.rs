//! The tier in memory.

use std::time::Instant;

use crate::{
    base::clock::Clock,
    cache::{
        redis::wire::message::InvalidationMessage,
        stats::condition::StoreSize,
        store::{embedded::Embedded, entry::Entry, key::Key, lookup_result::Lookup},
        validity::{
            stamp::Stamp,
            target::{Subject, Target},
        },
    },
};

/// Entries in memory that are stamped by the clock of Redis, and the invalidations that this process knows.
pub(super) struct NearTier(Embedded);

impl NearTier {
    pub(super) fn new(bytes: u64, clock: Clock) -> Self {
        Self(Embedded::new(bytes).clock(clock))
    }

    /// The result for a key, and the time that its freshness was computed for. `stamp` is that of a response which is
    /// computed from now on.
    pub(super) fn get(&self, key: &Key, stamp: Stamp) -> (Lookup, Instant) {
        self.0.get_at(key, stamp)
    }

    pub(super) fn keep(&self, entry: Entry) {
        self.0.keep(entry);
    }

    /// Keeps what was read from Redis, unless this process has stored a newer response in the meantime.
    pub(super) fn keep_unless_older(&self, entry: Entry) {
        let (found, _) = self.0.get_at(entry.key(), entry.stamp());
        let is_older = Entry::of_lookup(&found).is_some_and(|kept| kept.stored() > entry.stored());
        if !is_older {
            self.0.keep(entry);
        }
    }

    /// Removes the entry of a key.
    pub(super) fn forget(&self, key: &Key) {
        self.0.forget(key);
    }

    /// Whether no invalidation that is known covers the entry.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        self.0.holds(entry)
    }

    /// Records an invalidation by this process.
    pub(super) fn invalidate(&self, targets: &[Target], number: Stamp) {
        let patterns = targets.iter().filter_map(|target| match (target.as_tag(), target.subject()) {
            (None, Subject::Pattern(pattern)) => Some((target.partition(), pattern)),
            _ => None,
        });
        self.0.record(targets.iter().filter_map(Target::as_tag), patterns, number);
    }

    /// Records an invalidation by any process.
    pub(super) fn record(&self, message: &InvalidationMessage, number: Stamp) {
        if message.everything {
            self.empty_before(number);
        } else {
            let patterns = message.patterns.iter().map(|(partition, pattern)| (partition.as_str(), pattern));
            self.0.record(message.tags.iter().copied(), patterns, number);
        }
    }

    /// Everything that was stamped before becomes a miss.
    pub(super) fn empty_before(&self, number: Stamp) {
        self.0.record_all(number);
    }

    pub(super) fn size(&self) -> StoreSize {
        self.0.measured()
    }
}
