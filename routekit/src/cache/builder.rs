//! What a program says of its cache.

use std::{fmt, sync::Arc};

use super::{Cache, CacheStore, Embedded, embedded::DEFAULT_BYTES, store::Store};
use crate::{clock::Clock, spawner::Spawner};

/// By how much lifetimes are shortened at most, unless somebody says otherwise: a tenth.
const JITTER: f64 = 0.1;

/// A [`Cache`] that is about to be made.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct CacheBuilder {
    max_bytes: Option<u64>,
    tag_capacity: Option<usize>,
    store: Option<OtherStore>,
    made: Option<Cache>,
    clock: Option<Clock>,
    spawner: Option<Spawner>,
    jitter: Option<f64>,
}

struct OtherStore(Arc<dyn CacheStore>);

impl fmt::Debug for OtherStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtherStore")
    }
}

impl CacheBuilder {
    /// How many bytes the embedded store keeps. Defaults to 64 MiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Of about how many tags the embedded store remembers when they were invalidated. Defaults to one for 512 bytes of entries. When
    /// more are invalidated, the oldest are forgotten, and with them whatever was stored before.
    pub fn tag_capacity(mut self, tags: usize) -> Self {
        self.tag_capacity = Some(tags);
        self
    }

    /// Keeps entries in this store. Defaults to the embedded one.
    pub fn store(mut self, store: impl CacheStore) -> Self {
        self.store = Some(OtherStore(Arc::new(store)));
        self
    }

    /// Tells the age of entries by this clock. Defaults to the app's, or else the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Has this one finish what a client that leaves has begun. Defaults to the app's; without one, fills end with the
    /// client who began them, and so do handlers that invalidate.
    pub fn spawner(mut self, spawner: Spawner) -> Self {
        self.spawner = Some(spawner);
        self
    }

    /// Shortens lifetimes that come from a `ttl` by up to this share, at random: 0 not at all, 0.1 by up to a tenth. Defaults to 0.1.
    ///
    /// # Panics
    /// If it is not between 0 and 1.
    #[track_caller]
    pub fn ttl_jitter(mut self, share: f64) -> Self {
        assert!((0.0..=1.0).contains(&share), "a share is between 0 and 1, and this is {share}");
        self.jitter = Some(share);
        self
    }

    /// Whether its size is settled.
    pub(crate) fn has_size(&self) -> bool {
        self.store.is_some() || self.made.is_some()
    }

    /// With these where nothing else was said.
    pub(crate) fn or(mut self, clock: &Clock, spawner: &Spawner) -> Self {
        self.clock.get_or_insert_with(|| clock.clone());
        self.spawner.get_or_insert_with(|| spawner.clone());
        self
    }

    /// The cache.
    #[must_use]
    pub fn build(self) -> Cache {
        if let Some(made) = self.made {
            return made;
        }
        let clock = self.clock.unwrap_or_default();
        let store = match self.store {
            Some(OtherStore(store)) => Store::Other(store),
            None => {
                let bytes = self.max_bytes.unwrap_or(DEFAULT_BYTES);
                let embedded = match self.tag_capacity {
                    Some(tags) => Embedded::with_tags(bytes, tags),
                    None => Embedded::new(bytes),
                };
                Store::Embedded(Arc::new(embedded.clock(clock.clone())))
            }
        };
        Cache::of(store, clock, self.spawner, self.jitter.unwrap_or(JITTER))
    }
}

/// This one, as it is.
impl From<Cache> for CacheBuilder {
    fn from(made: Cache) -> Self {
        Self { made: Some(made), ..Self::default() }
    }
}
