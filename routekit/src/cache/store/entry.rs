//! What a store keeps under a key.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::cache::{
    store::{key::Key, lookup::Lookup, stored_response::StoredResponse, variants::Variants},
    validity::{key_text::KeyText, provenance::Provenance, stamp::Stamp, tag::Tag, target::Target},
};

/// What a store keeps under a key: a response, or the names of the request headers by which responses differ.
///
/// Cloning is cheap: both are shared.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Entry {
    /// A response.
    Response(Arc<StoredResponse>),
    /// The responses of this key vary by request headers (RFC 9111 §4.1). Each is stored under a key of its own.
    VariesBy(Arc<Variants>),
}

impl Entry {
    /// The key that it is stored under.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Response(response) => response.key(),
            Self::VariesBy(variants) => variants.key(),
        }
    }

    /// What the logical clock said before the handler ran.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.provenance().stamp()
    }

    /// The tags that it can be invalidated by.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.provenance().tags()
    }

    /// How long it is kept, counted from when it was stored.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        match self {
            Self::Response(response) => response.lifetime(),
            Self::VariesBy(variants) => variants.lifetime(),
        }
    }

    /// Whether it is of no more use: neither fresh nor stale.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        match self {
            Self::Response(response) => response.is_over(now),
            Self::VariesBy(variants) => variants.is_over(now),
        }
    }

    /// Bytes that it takes in memory, bookkeeping included.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Response(response) => response.size(),
            Self::VariesBy(variants) => variants.size(),
        }
    }

    /// What a store answers that has found this entry, valid, under the key that it was asked for.
    ///
    /// `stamp` is what the clock of the store said before it looked for the entry.
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

    /// When it was stored.
    pub(super) fn stored(&self) -> Instant {
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

    /// Whether the two are one entry, and not only equal.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Response(one), Self::Response(other)) => Arc::ptr_eq(one, other),
            (Self::VariesBy(one), Self::VariesBy(other)) => Arc::ptr_eq(one, other),
            (Self::Response(_), Self::VariesBy(_)) | (Self::VariesBy(_), Self::Response(_)) => false,
        }
    }
}

impl Target {
    /// Whether this target covers `entry`: whether an invalidation of the target makes the entry invalid.
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
