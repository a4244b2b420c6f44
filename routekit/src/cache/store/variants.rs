//! The names of the request headers by which the responses for a key vary.

use std::time::{Duration, Instant};

use http::HeaderName;

use crate::cache::{
    store::{key::Key, lifetime::later, stored_response::OVERHEAD},
    validity::{provenance::Provenance, stamp::Stamp},
};

/// The names of the request headers by which the responses for a key vary.
#[derive(Debug)]
pub struct Variants {
    key: Key,
    names: Box<[HeaderName]>,
    provenance: Provenance,
    pub(super) stored: Instant,
    kept_until: Instant,
}

impl Variants {
    /// Creates the names of the headers by which the responses for `key` vary. They are kept for `keep_for` from
    /// `stored` on.
    #[must_use]
    pub fn new(
        key: Key,
        names: impl Into<Box<[HeaderName]>>,
        stamp: Stamp,
        stored: Instant,
        keep_for: Duration,
    ) -> Self {
        let (provenance, kept_until) = (Provenance::new(stamp), later(stored, keep_for));
        Self { key, names: names.into(), provenance, stored, kept_until }
    }

    /// Returns the names of the headers.
    #[must_use]
    pub fn names(&self) -> &[HeaderName] {
        &self.names
    }

    /// When it is of no more use.
    pub(in crate::cache) fn kept_until(&self) -> Instant {
        self.kept_until
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.kept_until - self.stored
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.kept_until
    }

    pub(super) fn size(&self) -> usize {
        OVERHEAD + self.key.as_bytes().len() + size_of_val(&*self.names)
    }
}
