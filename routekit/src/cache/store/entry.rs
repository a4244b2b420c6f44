//! The value that a store keeps for a key.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::cache::{
    store::{key::Key, lookup_result::Lookup, stored_response::StoredResponse, variants::Variants},
    validity::{key_text::KeyText, provenance::Provenance, stamp::Stamp, tag::Tag, target::Target},
};

/// The value that a store keeps for a key: a response, or the names of the request headers by which responses vary.
///
/// Cloning it clones one `Arc`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Entry {
    /// A response.
    Response(Arc<StoredResponse>),
    /// The responses for this key vary by request headers (RFC 9111 §4.1). Each is stored under its own key.
    VariesBy(Arc<Variants>),
}

impl Entry {
    /// Returns the key that it is stored under.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Response(response) => response.key(),
            Self::VariesBy(variants) => variants.key(),
        }
    }

    /// Returns the reading of the logical clock before the handler ran.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.provenance().stamp()
    }

    /// Returns the tags by which it can be invalidated.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.provenance().tags()
    }

    /// Returns how long it is kept, counted from when it was stored.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        match self {
            Self::Response(response) => response.lifetime(),
            Self::VariesBy(variants) => variants.lifetime(),
        }
    }

    /// Returns whether it has expired: neither a fresh nor a stale use is possible any more.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        match self {
            Self::Response(response) => response.is_over(now),
            Self::VariesBy(variants) => variants.is_over(now),
        }
    }

    /// Returns the bytes that it takes in memory, bookkeeping included.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Response(response) => response.size(),
            Self::VariesBy(variants) => variants.size(),
        }
    }

    /// Returns the result of a lookup that has found this entry, valid, under the requested key.
    ///
    /// `stamp` is the reading of the store's clock before the lookup.
    #[must_use]
    pub fn found(self, now: Instant, stamp: Stamp) -> Lookup {
        if self.is_over(now) {
            return Lookup::Miss(stamp);
        }
        match self {
            Self::Response(response) if response.is_fresh(now) => Lookup::Hit(response, stamp),
            Self::Response(response) => Lookup::Stale(response, stamp),
            Self::VariesBy(variants) => Lookup::VariesBy(variants, stamp),
        }
    }

    /// The entry that a lookup has found.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn of_lookup(found: &Lookup) -> Option<Self> {
        match found {
            Lookup::Hit(response, _) | Lookup::Stale(response, _) => Some(Self::Response(Arc::clone(response))),
            Lookup::VariesBy(variants, _) => Some(Self::VariesBy(Arc::clone(variants))),
            Lookup::Miss(_) => None,
        }
    }

    /// When it was stored.
    pub(in crate::cache) fn stored(&self) -> Instant {
        match self {
            Self::Response(response) => response.stored,
            Self::VariesBy(variants) => variants.stored,
        }
    }

    pub(in crate::cache) fn provenance(&self) -> &Provenance {
        match self {
            Self::Response(response) => response.provenance(),
            Self::VariesBy(variants) => variants.provenance(),
        }
    }

    /// The text of its key that patterns match.
    pub(in crate::cache) fn key_text(&self) -> KeyText {
        match self {
            Self::Response(response) => response.key_text(),
            Self::VariesBy(variants) => variants.key().text(),
        }
    }

    /// Whether both are the same entry, and not only equal.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Response(one), Self::Response(other)) => Arc::ptr_eq(one, other),
            (Self::VariesBy(one), Self::VariesBy(other)) => Arc::ptr_eq(one, other),
            (Self::Response(_), Self::VariesBy(_)) | (Self::VariesBy(_), Self::Response(_)) => false,
        }
    }
}

impl Target {
    /// Returns whether an invalidation of this target makes `entry` invalid.
    #[must_use]
    pub fn covers(&self, entry: &Entry) -> bool {
        self.covers_entry(entry.tags(), || entry.key_text())
    }
}

impl From<StoredResponse> for Entry {
    fn from(response: StoredResponse) -> Self {
        Self::Response(Arc::new(response))
    }
}

impl From<Variants> for Entry {
    fn from(variants: Variants) -> Self {
        Self::VariesBy(Arc::new(variants))
    }
}
