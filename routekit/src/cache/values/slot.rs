//! Where a value is kept, and as what.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    CacheOptions, DecodeError, EncodeError,
    name::{Name, Named},
    stored,
};
use crate::{
    cache::{BufferedResponse, Cache, Lookup, Stamp, StoreError, StoredResponse, Target},
    printable::{Chain, Printable},
};

/// The place of one value in a cache.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) cache: Cache,
    /// As the program writes it.
    text: Box<str>,
    pub(super) named: Named,
}

/// What there is for a key.
pub(super) enum Looked<T> {
    Fresh(Arc<StoredResponse>, T),
    Stale(Arc<StoredResponse>, Stamp),
    Nothing(Stamp),
}

impl Slot {
    pub(super) fn new(cache: &Cache, text: &str) -> Self {
        let settings = &cache.values().settings;
        let name = Name { prefix: &settings.key_prefix, partition: cache.partition_name(), text };
        Self { cache: cache.clone(), text: text.into(), named: name.named(settings.max_key_length) }
    }

    fn name(&self) -> Name<'_> {
        let prefix = &self.cache.values().settings.key_prefix;
        Name { prefix, partition: self.cache.partition_name(), text: &self.text }
    }

    /// This one value.
    pub(super) fn target(&self) -> Target {
        Target::value(self.cache.partition_arc(), self.name().tag())
    }

    /// Whether an entry is of this key, and not of another one with the same hash.
    pub(super) fn owns(&self, entry: &StoredResponse) -> bool {
        self.named.whole().is_none_or(|whole| stored::whole(entry.body()) == Some(whole))
    }

    /// What an entry keeps; there is none if it is that of another key with the same hash.
    pub(super) fn read<T: DeserializeOwned>(&self, entry: &StoredResponse) -> Result<Option<T>, DecodeError> {
        stored::unpack(entry.body(), self.named.whole()).map_err(|why| DecodeError::new::<T>(&self.text, why))
    }

    /// The same where it can be filled anew.
    pub(super) fn read_or_warn<T: DeserializeOwned>(&self, entry: &StoredResponse) -> Option<T> {
        self.read(entry).unwrap_or_else(|error| {
            tracing::warn!(error = %Chain(&error), "a value is filled anew");
            None
        })
    }

    /// Looks into the store.
    pub(super) async fn look<T: DeserializeOwned>(&self) -> Result<Looked<T>, StoreError> {
        Ok(match self.cache.lookup(&self.named.key).await? {
            Lookup::Hit(entry, stamp) => match self.read_or_warn(&entry) {
                Some(value) => Looked::Fresh(entry, value),
                None => Looked::Nothing(stamp),
            },
            Lookup::Stale(entry, stamp) => Looked::Stale(entry, stamp),
            Lookup::Miss(stamp) | Lookup::VariesBy(_, stamp) => Looked::Nothing(stamp),
        })
    }

    /// A value that was computed after `stamp`, to be kept.
    pub(super) fn entry<T: Serialize + ?Sized>(
        &self,
        value: &T,
        options: &CacheOptions,
        stamp: Stamp,
    ) -> Result<Arc<StoredResponse>, EncodeError> {
        let settings = &self.cache.values().settings;
        let threshold = options.compress.then_some(settings.compression_threshold);
        let packed = stored::pack(value, options.format, threshold, self.named.whole())
            .map_err(|cause| EncodeError::new(&self.text, cause))?;
        // As an answer, which is what stores keep. Its key is that of no request.
        let kept = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), &packed);
        let lifetime = self.cache.jittered(options.ttl.unwrap_or_else(|| settings.ttl()));
        let mut entry = StoredResponse::new(self.named.key.clone(), kept, stamp, self.cache.now(), lifetime)
            .with_tags(self.name().tags(&options.tags))
            .keep_stale_for(options.stale_while_revalidate.unwrap_or(Duration::ZERO));
        if self.named.whole().is_some() {
            entry = entry.with_key_text(self.name().key_text());
        }
        Ok(Arc::new(entry))
    }

    /// The same where it is not worth an error.
    pub(super) fn entry_or_warn<T: Serialize>(
        &self,
        value: &T,
        options: &CacheOptions,
        stamp: Stamp,
    ) -> Option<Arc<StoredResponse>> {
        let entry = self.entry(value, options, stamp);
        entry.inspect_err(|error| tracing::warn!(error = %Printable(Chain(error)), "a value is not kept")).ok()
    }
}
