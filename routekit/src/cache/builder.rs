//! What a program says of its cache.

use std::{any::Any, future::Future, sync::Arc, time::Duration};

use super::{
    Cache, CacheStore, Embedded, Invalidation, contract::Store, embedded::DEFAULT_BYTES, listeners::Listener,
    values::Settings,
};
use crate::{clock::Clock, spawner::Spawner};

/// By how much lifetimes are shortened at most, unless somebody says otherwise: a tenth.
const JITTER: f64 = 0.1;

/// A [`Cache`] that is about to be made.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct CacheBuilder {
    kept: Kept,
    clock: Option<Clock>,
    spawner: Option<Spawner>,
    jitter: Option<f64>,
    listeners: Vec<Listener>,
    values: Settings,
}

/// Where entries are to be kept.
#[derive(Debug)]
enum Kept {
    /// In memory, of this size.
    Sized { bytes: Option<u64>, tags: Option<usize> },
    /// In a store of the program's.
    In(Store),
    /// Where this cache keeps them, which is made already.
    By(Cache),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Sized { bytes: None, tags: None }
    }
}

impl CacheBuilder {
    /// How many bytes the embedded store keeps. Defaults to 64 MiB.
    pub fn max_bytes(self, bytes: u64) -> Self {
        let tags = self.tags();
        Self { kept: Kept::Sized { bytes: Some(bytes), tags }, ..self }
    }

    /// Of about how many tags the embedded store remembers when they were invalidated. Defaults to one for 512 bytes of entries. When
    /// more are invalidated, the oldest are forgotten, and with them whatever was stored before.
    pub fn tag_capacity(self, tags: usize) -> Self {
        let bytes = self.bytes();
        Self { kept: Kept::Sized { bytes, tags: Some(tags) }, ..self }
    }

    /// Keeps entries in this store. Defaults to an [`Embedded`] one.
    pub fn store(mut self, store: impl CacheStore) -> Self {
        let mut store = Some(store);
        let embedded = (&mut store as &mut dyn Any).downcast_mut::<Option<Embedded>>().and_then(Option::take);
        self.kept = Kept::In(match (embedded, store) {
            // It answers at once, and is asked so.
            (Some(embedded), _) => Store::Embedded(Arc::new(embedded)),
            (None, Some(other)) => Store::Other(Arc::new(other)),
            (None, None) => unreachable!("what was taken is there"),
        });
        self
    }

    /// Tells the age of entries by this clock. Defaults to the app's, or else the system's. An [`Embedded`] store that is given has its own.
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

    /// Calls this function after each invalidation in this process that succeeded, to purge copies further out. See
    /// [`App::on_invalidate`](crate::App::on_invalidate), which is the same for the cache of an app.
    ///
    /// Without a [`spawner`](Self::spawner), whoever waits for an invalidation waits for it as well.
    pub fn on_invalidate<F, R>(mut self, tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.listeners.push(Listener::new(tell));
        self
    }

    /// Stands before the keys of values, so that two programs can keep theirs in one store. Tags and patterns do not see it. Defaults to
    /// `api:cache:`.
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.values.key_prefix = prefix.into();
        self
    }

    /// How long values are fresh whose options do not say it. Defaults to five minutes. Where it is set, answers of routes that cache
    /// without a `ttl` of their own have it as well.
    pub fn default_ttl(mut self, ttl: Duration) -> Self {
        self.values.default_ttl = Some(ttl);
        self
    }

    /// Keys of values that are longer, in bytes and with prefix and partition, are stored by their SHA-256, behind the prefix, and
    /// compared whole when they are read. Defaults to 250.
    pub fn max_key_length(mut self, bytes: usize) -> Self {
        self.values.max_key_length = bytes;
        self
    }

    /// Values that are longer, in bytes as they are written, are compressed, unless their options forbid it. Defaults to 1,024.
    pub fn compression_threshold(mut self, bytes: u64) -> Self {
        self.values.compression_threshold = bytes;
        self
    }

    fn bytes(&self) -> Option<u64> {
        if let Kept::Sized { bytes, .. } = self.kept { bytes } else { None }
    }

    fn tags(&self) -> Option<usize> {
        if let Kept::Sized { tags, .. } = self.kept { tags } else { None }
    }

    /// Whether its size is settled elsewhere.
    pub(crate) fn is_sized_elsewhere(&self) -> bool {
        !matches!(self.kept, Kept::Sized { .. })
    }

    /// Whether it is a cache already.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self.kept, Kept::By(_))
    }

    /// How long values are fresh, and answers of routes that do not say it, if somebody has said so.
    pub(crate) fn said_default_ttl(&self) -> Option<Duration> {
        match &self.kept {
            Kept::By(cache) => cache.default_ttl(),
            Kept::Sized { .. } | Kept::In(_) => self.values.default_ttl,
        }
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
        let clock = self.clock.unwrap_or_default();
        let store = match self.kept {
            Kept::By(cache) => {
                self.listeners.into_iter().for_each(|listener| cache.listen(listener));
                return cache;
            }
            Kept::In(store) => store,
            Kept::Sized { bytes, tags } => {
                let bytes = bytes.unwrap_or(DEFAULT_BYTES);
                let embedded = match tags {
                    Some(tags) => Embedded::with_tags(bytes, tags),
                    None => Embedded::new(bytes),
                };
                Store::Embedded(Arc::new(embedded.clock(clock.clone())))
            }
        };
        Cache::of(store, clock, self.spawner, self.jitter.unwrap_or(JITTER), (self.listeners, self.values))
    }
}

/// This one, as it is: what a builder says beside it changes nothing, but for who is told what is invalid.
impl From<Cache> for CacheBuilder {
    fn from(made: Cache) -> Self {
        Self { kept: Kept::By(made), ..Self::default() }
    }
}
