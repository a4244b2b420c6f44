//! One value of a cache: lookup, reading and writing.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    base::{
        printable::{Chain, Printable},
        redis_waits::RedisWaits,
    },
    cache::{
        cache::Cache,
        store::{
            buffered_response::BufferedResponse, contract::StoreError, lookup_result::Lookup,
            stored_response::StoredResponse,
        },
        validity::{stamp::Stamp, tag::Tag, target::Target},
        values::{
            error::{DecodeError, EncodeError},
            key::{ValueKey, ValueName},
            options::CacheOptions,
            packed,
        },
    },
};

/// The lifetime of values if neither their options nor the cache set one.
const DEFAULT_TTL: Duration = Duration::from_secs(300);

/// One value of a cache.
#[derive(Debug, Clone)]
pub(super) struct ValueSlot {
    pub(super) cache: Cache,
    /// The key as the program writes it.
    text: Box<str>,
    pub(super) key: ValueKey,
    /// How long the call of the program has waited for Redis.
    pub(super) waits: RedisWaits,
}

/// The lookup of a value.
pub(super) enum FoundValue<T> {
    Fresh(Arc<StoredResponse>, T),
    Stale(Arc<StoredResponse>, Stamp),
    Nothing(Stamp),
}

impl ValueSlot {
    pub(super) fn new(cache: &Cache, text: &str) -> Self {
        let settings = &cache.shared.values;
        let name = ValueName { prefix: &settings.key_prefix, partition: &cache.partition, text };
        let key = name.key(settings.max_key_length);
        Self { cache: cache.clone(), text: text.into(), key, waits: RedisWaits::uncounted() }
    }

    /// From here on, all waits of the call together have one budget.
    pub(super) fn count_waits(&mut self) {
        self.waits = self.cache.shared.store.waits();
    }

    /// The same value in the background, which no caller waits for.
    pub(super) fn without_caller(&self) -> Self {
        Self { waits: RedisWaits::uncounted(), ..self.clone() }
    }

    /// Finds the entry.
    pub(super) async fn find(&self) -> Result<Lookup, StoreError> {
        self.cache.shared.store.lookup(&self.key.key, &self.waits).await
    }

    fn name(&self) -> ValueName<'_> {
        let prefix = &self.cache.shared.values.key_prefix;
        ValueName { prefix, partition: &self.cache.partition, text: &self.text }
    }

    /// The target that covers this value alone.
    pub(super) fn target(&self) -> Target {
        Target::value(Arc::clone(&self.cache.partition), self.name().tag())
    }

    /// The tags of the value.
    pub(super) fn tags(&self, options: &CacheOptions) -> Vec<Tag> {
        self.name().tags(&options.tags)
    }

    /// Whether an entry is for this key, and not for another key with the same hash.
    pub(super) fn owns(&self, entry: &StoredResponse) -> bool {
        self.key.whole().is_none_or(|whole| packed::whole(entry.body()) == Some(whole))
    }

    /// Reads the value of an entry; `None` if the entry is for another key with the same hash.
    pub(super) fn read<T: DeserializeOwned>(&self, entry: &StoredResponse) -> Result<Option<T>, DecodeError> {
        packed::unpack(entry.body(), self.key.whole()).map_err(|cause| DecodeError::new::<T>(&self.text, cause))
    }

    /// Reads the value of an entry. A failure is logged, and the value is filled again.
    pub(super) fn read_or_warn<T: DeserializeOwned>(&self, entry: &StoredResponse) -> Option<T> {
        self.read(entry).unwrap_or_else(|error| {
            tracing::warn!(error = %Chain(&error), "a cached value cannot be read, and is filled again");
            None
        })
    }

    /// Looks up in memory; `None` if memory does not have the answer.
    pub(super) fn lookup_now<T: DeserializeOwned>(&self) -> Option<FoundValue<T>> {
        self.cache.shared.store.lookup_now(&self.key.key).map(|(found, _)| self.value_of(found))
    }

    pub(super) async fn lookup<T: DeserializeOwned>(&self) -> Result<FoundValue<T>, StoreError> {
        self.find().await.map(|found| self.value_of(found))
    }

    fn value_of<T: DeserializeOwned>(&self, found: Lookup) -> FoundValue<T> {
        match found {
            Lookup::Hit(entry, stamp) => match self.read_or_warn(&entry) {
                Some(value) => FoundValue::Fresh(entry, value),
                None => FoundValue::Nothing(stamp),
            },
            Lookup::Stale(entry, stamp) => FoundValue::Stale(entry, stamp),
            Lookup::VariesBy(_, stamp) | Lookup::Miss(stamp) => FoundValue::Nothing(stamp),
        }
    }

    /// The entry of a value that was computed after `stamp`.
    pub(super) fn entry<T: Serialize + ?Sized>(
        &self,
        value: &T,
        options: &CacheOptions,
        stamp: Stamp,
    ) -> Result<Arc<StoredResponse>, EncodeError> {
        let parts = &self.cache.shared;
        let threshold = options.compress.then_some(parts.values.compression_threshold);
        let packed = packed::pack(value, options.format, threshold, self.key.whole())
            .map_err(|cause| EncodeError::new(&self.text, cause))?;
        // Stores keep responses. No request has the key of this one.
        let response = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), &packed);
        let lifetime = options.ttl.or(parts.values.default_ttl).unwrap_or(DEFAULT_TTL);
        let lifetime = parts.jitter.shorten(lifetime);
        let mut entry = StoredResponse::new(self.key.key.clone(), response, stamp, parts.clock.now(), lifetime)
            .with_tags(self.tags(options))
            .keep_stale_for(options.stale_while_revalidate.unwrap_or(Duration::ZERO));
        if self.key.whole().is_some() {
            entry = entry.with_key_text(self.name().key_text());
        }
        Ok(Arc::new(entry))
    }

    /// Returns the same entry; a failure is logged.
    pub(super) fn entry_or_warn<T: Serialize>(
        &self,
        value: &T,
        options: &CacheOptions,
        stamp: Stamp,
    ) -> Option<Arc<StoredResponse>> {
        let entry = self.entry(value, options, stamp);
        entry.inspect_err(|error| tracing::warn!(error = %Printable(Chain(error)), "a value is not cached")).ok()
    }
}
