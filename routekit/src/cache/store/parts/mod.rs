//! Entries taken apart, for stores outside the process.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderName;
use serde::{Deserialize, Serialize};

use self::response::ResponseHead;
use crate::{
    base::clock::Clock,
    cache::{
        store::{
            compressed::gzip_body::GzipBody, contract::StoreError, entry::Entry, key::Key,
            stored_response::StoredResponse, variants::Variants,
        },
        validity::{stamp::Stamp, tag::Tag},
    },
};

mod buffered;
mod raw;
mod response;

/// The version of [`EntryHead`]'s representation. [`Entry::from_parts`] rejects any other.
const VERSION: u8 = 4;

/// An [`Entry`] taken apart, for a store outside the process.
///
/// Key, head and body can be stored together, as serde serialises the whole, or each separately.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, StatusCode};
/// use routekit::{Clock, cache::{BufferedResponse, Entry, EntryParts, Key, Stamp, StoredResponse}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = Clock::system();
/// let response = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"hello");
/// let minute = Duration::from_secs(60);
/// let entry = Entry::from(StoredResponse::new(Key::new(*b"key"), response, Stamp::new(1), clock.now(), minute));
///
/// let bytes = serde_json::to_vec(&entry.into_parts(&clock))?;
/// let parts: EntryParts = serde_json::from_slice(&bytes)?;
/// let entry = Entry::from_parts(parts, &clock)?;
/// assert_eq!(entry.key().as_bytes(), b"key");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryParts {
    /// The bytes of the key.
    #[serde(serialize_with = "raw::write", deserialize_with = "raw::read")]
    pub key: Bytes,
    /// Everything except key and body.
    pub head: EntryHead,
    /// The body of the response, as it is stored; empty if the entry is not a response.
    #[serde(serialize_with = "raw::write", deserialize_with = "raw::read")]
    pub body: Bytes,
}

impl EntryParts {
    /// Creates the parts of an entry that was taken apart before.
    #[must_use]
    pub fn new(key: impl Into<Bytes>, head: EntryHead, body: impl Into<Bytes>) -> Self {
        Self { key: key.into(), head, body: body.into() }
    }
}

/// All of an [`Entry`] except its key and its body. Times are wall-clock times.
///
/// Its serialised form may change with a new version of routekit; [`Entry::from_parts`] then rejects the form of an
/// older version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryHead {
    version: u8,
    stamp: u64,
    tags: Vec<u64>,
    /// Since 1970.
    stored_at: Duration,
    fresh_for: Duration,
    kept_for: Duration,
    content: HeadContent,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum HeadContent {
    Response(Box<ResponseHead>),
    VariesBy(Vec<String>),
}

impl EntryHead {
    /// Returns the reading of the logical clock before the handler ran.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp::new(self.stamp)
    }

    /// Returns the tags by which the entry can be invalidated.
    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        self.tags.iter().copied().map(Tag::from_id)
    }

    /// Returns the wall-clock time, since 1970, at which the entry expires and is not even served stale.
    #[must_use]
    pub fn kept_until(&self) -> Duration {
        self.stored_at.saturating_add(self.kept_for)
    }
}

impl Entry {
    /// Takes the entry apart. `clock` is the clock by which it was stored.
    #[must_use]
    pub fn into_parts(self, clock: &Clock) -> EntryParts {
        let (now, unix_time) = (clock.now(), clock.unix_time());
        let (stored, kept_for) = (self.stored(), self.lifetime());
        let head = |fresh_for, content| EntryHead {
            version: VERSION,
            stamp: self.stamp().number(),
            tags: self.tags().iter().map(|tag| tag.id()).collect(),
            stored_at: unix_time.saturating_sub(now.saturating_duration_since(stored)),
            fresh_for,
            kept_for,
            content,
        };
        let (head, body) = match &self {
            Self::Response(response) => {
                let content = HeadContent::Response(Box::new(ResponseHead::of(response)));
                (head(response.ttl(stored), content), response.body().clone())
            }
            Self::VariesBy(variants) => {
                let names = variants.names().iter().map(|name| name.as_str().to_owned()).collect();
                (head(kept_for, HeadContent::VariesBy(names)), Bytes::new())
            }
        };
        EntryParts { key: Bytes::copy_from_slice(self.key().as_bytes()), head, body }
    }

    /// Builds an entry from its parts. `clock` is the clock of the cache; its wall clock must be close to that of the
    /// process that stored the entry.
    ///
    /// # Errors
    /// [`StoreError`] if the parts were written by another version of routekit, or are not those of an entry. A store
    /// should treat it as a miss.
    pub fn from_parts(parts: EntryParts, clock: &Clock) -> Result<Self, StoreError> {
        let elapsed = clock.unix_time().saturating_sub(parts.head.stored_at);
        // Fails on systems whose clock starts with the machine, for entries that are older than that.
        let stored = clock.now().checked_sub(elapsed).ok_or_else(|| StoreError::new("an entry is too old"))?;
        let stamp = parts.head.stamp();
        Self::from_parts_at(parts, stored, stamp)
    }

    /// Builds an entry that was stored at `stored`, and has this stamp in place of the one in its head.
    pub(in crate::cache) fn from_parts_at(
        parts: EntryParts,
        stored: Instant,
        stamp: Stamp,
    ) -> Result<Self, StoreError> {
        let EntryParts { key, head, body } = parts;
        if head.version != VERSION {
            return Err(StoreError::new(format!("an entry has version {}, not {VERSION}", head.version)));
        }
        let key = Key::new(key);
        match &head.content {
            HeadContent::VariesBy(names) => {
                let names: Result<Vec<HeaderName>, _> = names.iter().map(|name| name.parse()).collect();
                Ok(Variants::new(key, names.map_err(StoreError::new)?, stamp, stored, head.kept_for).into())
            }
            HeadContent::Response(response) => {
                let invalid = || StoreError::new("an entry is not a valid response");
                let damaged = || StoreError::new("the compressed body of an entry is damaged, or cannot be read here");
                let (plain, gzip) = match response.gzip {
                    None => (body, None),
                    Some(head) => (Bytes::new(), Some(GzipBody::from_stored(body, head).ok_or_else(damaged)?)),
                };
                let buffered = response.buffered(plain).ok_or_else(invalid)?;
                let mut stored = StoredResponse::new(key, buffered, stamp, stored, head.fresh_for)
                    .with_tags(head.tags().collect::<Vec<_>>())
                    .with_age(response.age)
                    .with_reuse(response.reuse)
                    .keep_stale_for(head.kept_for.saturating_sub(head.fresh_for))
                    .with_added(response.added)
                    .with_ageing(response.ageing().ok_or_else(invalid)?);
                if let Some(gzip) = gzip {
                    stored = stored.with_gzip(gzip);
                }
                if let Some(text) = &response.key_text {
                    stored = stored.with_key_text(text.clone());
                }
                Ok(stored.into())
            }
        }
    }
}
