//! Stores for tests: a slow and obvious one, one that keeps bytes as a store outside the process does, and one that
//! loses races.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use routekit::{
    Clock,
    cache::{
        CacheStore, ClaimOutcome, Entry, EntryParts, Key, Lookup, Stamp, StoreError, StoreFuture, StoreSize, Target,
    },
};

/// Keeps everything under one lock, and forgets nothing.
pub(crate) struct Plain {
    clock: Clock,
    kept: Mutex<Kept>,
    /// Whether entries are kept as bytes, and rebuilt for each lookup.
    serialises: bool,
    /// Whether an entry that was stamped before an invalidation is returned if it is put after it, as by a cache that
    /// only drops entries.
    forgets_stamps: bool,
    /// Whether a claim looks first and writes later, as with `GET` and `SET`.
    claims_in_two_steps: bool,
    /// Whether targets are invalidated one after the other, as with several commands.
    invalidates_in_steps: bool,
}

#[derive(Default)]
struct Kept {
    number: u64,
    entries: HashMap<Vec<u8>, KeptEntry>,
    /// Every target that was ever invalidated, with the number of the invalidation.
    bans: Vec<(Target, u64)>,
    cleared: u64,
    /// Records with the end of their time.
    claims: HashMap<Vec<u8>, (Bytes, Instant)>,
}

enum KeptEntry {
    Shared(Entry),
    Bytes(Vec<u8>),
}

impl Plain {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            kept: Mutex::default(),
            serialises: false,
            forgets_stamps: false,
            claims_in_two_steps: false,
            invalidates_in_steps: false,
        }
    }

    /// Keeps entries as bytes, as a store outside the process does.
    pub(crate) fn serialising(clock: Clock) -> Self {
        Self { serialises: true, ..Self::new(clock) }
    }

    /// Loses the race between a fill and an invalidation.
    pub(crate) fn without_stamps(clock: Clock) -> Self {
        Self { forgets_stamps: true, ..Self::new(clock) }
    }

    /// Loses the race between two claims.
    pub(crate) fn with_claims_in_two_steps(clock: Clock) -> Self {
        Self { claims_in_two_steps: true, ..Self::new(clock) }
    }

    /// Can be seen between two targets of one invalidation.
    pub(crate) fn with_invalidation_in_steps(clock: Clock) -> Self {
        Self { invalidates_in_steps: true, ..Self::new(clock) }
    }

    /// The record of a key, unless its time has passed.
    fn record(&self, kept: &mut Kept, key: &Key) -> Option<Bytes> {
        kept.claims.retain(|_, (_, end)| *end > self.clock.now());
        kept.claims.get(key.as_bytes()).map(|(record, _)| record.clone())
    }

    fn keep_record(&self, kept: &mut Kept, key: &Key, record: Bytes, keep_for: Duration) {
        kept.claims.insert(key.as_bytes().to_vec(), (record, self.clock.now() + keep_for));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    fn is_valid(&self, kept: &Kept, entry: &Entry) -> bool {
        let stamp = entry.stamp().number();
        let mut later = kept.bans.iter().rev().take_while(|(_, number)| *number > stamp);
        self.forgets_stamps || stamp >= kept.cleared && !later.any(|(target, _)| target.covers(entry))
    }

    fn find(&self, key: &Key) -> Result<Lookup, StoreError> {
        let kept = self.kept();
        let (stamp, now) = (Stamp::new(kept.number), self.clock.now());
        let entry = match kept.entries.get(key.as_bytes()) {
            None => return Ok(Lookup::Miss(stamp)),
            Some(KeptEntry::Shared(entry)) => entry.clone(),
            Some(KeptEntry::Bytes(bytes)) => {
                let parts: EntryParts = serde_json::from_slice(bytes).map_err(StoreError::new)?;
                Entry::from_parts(parts, &self.clock)?
            }
        };
        Ok(if self.is_valid(&kept, &entry) { entry.found(now, stamp) } else { Lookup::Miss(stamp) })
    }

    fn keep(&self, entry: Entry) -> Result<(), StoreError> {
        let key = entry.key().as_bytes().to_vec();
        let entry = if self.serialises {
            let parts = entry.into_parts(&self.clock);
            KeptEntry::Bytes(serde_json::to_vec(&parts).map_err(StoreError::new)?)
        } else {
            KeptEntry::Shared(entry)
        };
        self.kept().entries.insert(key, entry);
        Ok(())
    }
}

/// Yields first, so that the caller has to wait.
async fn later<T>(value: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    tokio::task::yield_now().await;
    value()
}

impl CacheStore for Plain {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        Box::pin(later(|| self.find(key)))
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        Box::pin(later(move || self.keep(entry)))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(later(|| Ok(self.is_valid(&self.kept(), entry))))
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        if self.invalidates_in_steps && targets.len() > 1 {
            return Box::pin(async move {
                let (last, others) = targets.split_last().expect("there are several");
                for target in others {
                    self.invalidate(std::slice::from_ref(target)).await?;
                    // Time for a reader of all of them.
                    for _ in 0..4 {
                        tokio::task::yield_now().await;
                    }
                }
                self.invalidate(std::slice::from_ref(last)).await
            });
        }
        Box::pin(later(|| {
            let mut kept = self.kept();
            kept.number += 1;
            let number = kept.number;
            if self.forgets_stamps {
                let covers = |entry: &Entry| targets.iter().any(|target| target.covers(entry));
                kept.entries.retain(|_, kept| !matches!(kept, KeptEntry::Shared(entry) if covers(entry)));
            } else {
                kept.bans.extend(targets.iter().cloned().map(|target| (target, number)));
            }
            Ok(Stamp::new(number))
        }))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        Box::pin(later(|| {
            let mut kept = self.kept();
            kept.number += 1;
            kept.cleared = kept.number;
            kept.entries.clear();
            Ok(Stamp::new(kept.number))
        }))
    }

    fn has_claims(&self) -> bool {
        true
    }

    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if let Some(record) = self.record(&mut self.kept(), key) {
                return Ok(ClaimOutcome::Taken(record));
            }
            if self.claims_in_two_steps {
                tokio::task::yield_now().await;
                self.keep_record(&mut self.kept(), key, record, keep_for);
                return Ok(ClaimOutcome::Won);
            }
            let mut kept = self.kept();
            Ok(match self.record(&mut kept, key) {
                Some(record) => ClaimOutcome::Taken(record),
                None => {
                    self.keep_record(&mut kept, key, record, keep_for);
                    ClaimOutcome::Won
                }
            })
        })
    }

    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(later(move || {
            let mut kept = self.kept();
            if self.record(&mut kept, key).as_ref() != Some(held) {
                return Ok(false);
            }
            match next {
                Some(next) => self.keep_record(&mut kept, key, next, keep_for),
                None => drop(kept.claims.remove(key.as_bytes())),
            }
            Ok(true)
        }))
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(later(|| Ok(StoreSize::default())))
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        Box::pin(later(|| Ok(())))
    }
}
