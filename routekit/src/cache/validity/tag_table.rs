//! The number of the last invalidation of each tag, in bounded memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault},
    sync::atomic::{AtomicU64, Ordering},
};

use foldhash::quality::RandomState;
use parking_lot::RwLock;

use crate::cache::validity::{identity_hasher::IdentityHasher, tag::Tag};

const SHARDS: u64 = 64;

/// The number of the last invalidation of each recently invalidated tag.
///
/// Each shard has two generations. A number is recorded in the current one. A full generation replaces the previous
/// one, whose numbers are forgotten and raise the floor: entries with earlier stamps are invalid. So forgetting costs
/// hits, but never loses an invalidation.
pub(in crate::cache) struct TagTable {
    shards: Box<[RwLock<TagShard>]>,
    /// How many numbers a generation of a shard holds.
    capacity: usize,
    /// Tags are hashed again with a seed, which makes it hard to fill one shard alone.
    state: RandomState,
    floor: AtomicU64,
    flushes: AtomicU64,
}

#[derive(Default)]
struct TagShard {
    current: Generation,
    previous: Generation,
}

#[derive(Default)]
struct Generation {
    numbers: HashMap<u64, u64, BuildHasherDefault<IdentityHasher>>,
    newest: u64,
}

impl TagTable {
    /// Creates a table for between half of `tags` and `tags` numbers.
    pub(in crate::cache) fn new(tags: usize) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self {
            shards,
            state: RandomState::default(),
            capacity: (tags / 2 / 64).max(1),
            floor: AtomicU64::new(0),
            flushes: AtomicU64::new(0),
        }
    }

    /// Records an invalidation of the tag.
    pub(in crate::cache) fn record(&self, tag: Tag, number: u64) {
        let hash = self.state.hash_one(tag);
        let mut shard = self.shard(hash).write();
        let full = shard.current.numbers.len() >= self.capacity && !shard.current.numbers.contains_key(&hash);
        if full {
            let shard = &mut *shard;
            // Raised first, so that a reader that misses a number finds the floor.
            self.flush(shard.previous.newest);
            shard.previous.numbers.clear();
            shard.previous.newest = 0;
            std::mem::swap(&mut shard.current, &mut shard.previous);
        }
        let current = &mut shard.current;
        let last = current.numbers.entry(hash).or_default();
        *last = number.max(*last);
        current.newest = number.max(current.newest);
    }

    /// Returns the number of the last invalidation of the tag; 0 if it is not known. Read [`floor`](Self::floor)
    /// afterwards.
    pub(in crate::cache) fn last(&self, tag: Tag) -> u64 {
        let hash = self.state.hash_one(tag);
        let shard = self.shard(hash).read();
        let of = |generation: &Generation| generation.numbers.get(&hash).copied().unwrap_or(0);
        of(&shard.current).max(of(&shard.previous))
    }

    /// Returns the floor: an entry with an earlier stamp may have been invalidated by a number that is forgotten.
    pub(in crate::cache) fn floor(&self) -> u64 {
        self.floor.load(Ordering::SeqCst)
    }

    pub(in crate::cache) fn raise_floor(&self, number: u64) {
        self.floor.fetch_max(number, Ordering::SeqCst);
    }

    /// Raises the floor because a number is forgotten, and counts it if that invalidates anything.
    pub(in crate::cache) fn flush(&self, number: u64) {
        if self.floor.fetch_max(number, Ordering::SeqCst) < number {
            self.flushes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often the floor was raised because a number was forgotten.
    pub(in crate::cache) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }

    fn shard(&self, hash: u64) -> &RwLock<TagShard> {
        // Bits in the middle: the map of the shard uses the others.
        let index = hash >> 32 & (SHARDS - 1);
        &self.shards[usize::try_from(index).expect("six bits")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_number_raises_the_floor() {
        let table = TagTable::new(1024);
        let tags: Vec<Tag> = (0..10_000).map(|n| Tag::named("", &n.to_string())).collect();
        for (number, tag) in (1..).zip(&tags) {
            table.record(*tag, number);
            assert_eq!(table.last(*tag), number);
        }
        let known = tags.iter().filter(|tag| table.last(**tag) > 0).count();
        assert!((256..=1024).contains(&known), "{known} are known");
        for (number, tag) in (1..).zip(&tags) {
            let last = table.last(*tag);
            assert!(last == number || number <= table.floor(), "{number} is lost");
        }
        // Which tags share a shard is random: a full shard may hold recent numbers.
        assert!(table.floor() < 10_000 - 64, "the newest are known: {}", table.floor());
    }

    #[test]
    fn a_tag_that_is_recorded_again_takes_no_more_room() {
        let table = TagTable::new(2);
        let tag = Tag::named("", "hot");
        for number in 1..1000 {
            table.record(tag, number);
        }
        assert_eq!((table.last(tag), table.floor()), (999, 0));
        table.record(tag, 5);
        assert_eq!(table.last(tag), 999, "an earlier number that arrives late changes nothing");
    }
}
