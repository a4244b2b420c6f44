//! What is stored.

use std::{
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::cache::{
    Key, Snapshot, Stamp, Tag,
    aged_headers::{Ageing, Head},
    key::Readable,
    status::{self, Because},
    values,
};

/// What an entry takes beside its text, in this crate and in the store's tables (`tests/benches/README.md`, cache).
const ENTRY: usize = 1104;

/// As much later, and a century at most.
fn later(time: Instant, by: Duration) -> Instant {
    time + by.min(CENTURY)
}

/// As good as for ever.
pub(in crate::cache) const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// How long an answer is kept that is no longer fresh, and of which the handler can be asked whether it still holds: an hour.
const KEPT_FOR_REVALIDATION: Duration = Duration::from_secs(3600);

/// How a stored answer may be used beyond its time, and for whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reuse {
    /// For how long after it was fresh it is given while it is refreshed (RFC 5861 §3).
    pub stale_while_revalidate: Duration,
    /// For how long after it was fresh it is given when the handler fails (RFC 5861 §4).
    pub stale_if_error: Duration,
    /// Not because a request says that it would do (RFC 9111 §4.2.4).
    pub must_revalidate: bool,
    /// Also to requests with credentials of which nobody has said whose answers they may see (RFC 9111 §3.5).
    pub open: bool,
    /// Its handler has said by what it can be asked whether it still holds: an `ETag` or `Last-Modified` of its own.
    pub can_be_validated: bool,
}

/// What was said with an answer in place of its handler, which said nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cache) struct Added {
    pub(in crate::cache) etag: bool,
    pub(in crate::cache) cache_control: bool,
    pub(in crate::cache) cdn_cache_control: bool,
}

/// A stored answer, with all that says whether it may still be given.
#[derive(Debug)]
pub struct Entry {
    key: Key,
    /// Without its headers.
    answer: Snapshot,
    head: Head,
    tags: Box<[Tag]>,
    stamp: Stamp,
    stored: Instant,
    /// Times and not lengths: to compare two costs less than to subtract them.
    fresh_until: Instant,
    kept_until: Instant,
    reuse: Reuse,
    /// Instead of an answer: by what headers of requests the answers of this key differ.
    variants: Option<Box<[HeaderName]>>,
    /// Which of its headers are not the handler's.
    added: Added,
    /// What the logical clock said when it was last found valid; nothing at first.
    pub(in crate::cache) proven: AtomicU64,
}

impl Entry {
    /// An answer under this key that was computed after `stamp`, and is fresh for this long from `stored` on.
    #[must_use]
    pub fn new(key: Key, mut answer: Snapshot, stamp: Stamp, stored: Instant, fresh_for: Duration) -> Self {
        let fresh_until = later(stored, fresh_for);
        let mut head = Head::new(std::mem::take(&mut answer.headers));
        head.lasts(Duration::ZERO, fresh_for);
        Self {
            key,
            answer,
            head,
            tags: Box::default(),
            stamp,
            stored,
            fresh_until,
            kept_until: fresh_until,
            reuse: Reuse::default(),
            variants: None,
            added: Added::default(),
            proven: AtomicU64::new(0),
        }
    }

    /// What it can be invalidated by.
    #[must_use]
    pub fn with_tags(mut self, tags: impl Into<Box<[Tag]>>) -> Self {
        self.tags = tags.into();
        self
    }

    /// It was this old when it was stored. Defaults to new.
    #[must_use]
    pub fn with_age(mut self, age: Duration) -> Self {
        self.head.lasts(age, self.fresh_until - self.stored);
        self
    }

    /// How it may be used beyond its time, for which it is kept. Defaults to not at all.
    #[must_use]
    pub fn with_reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        let validated = if reuse.can_be_validated { KEPT_FOR_REVALIDATION } else { Duration::ZERO };
        self.keep_stale_for(validated.max(reuse.stale_while_revalidate).max(reuse.stale_if_error))
    }

    /// Keeps it for this long after it is no longer fresh. Defaults to not at all.
    #[must_use]
    pub fn keep_stale_for(mut self, keep_for: Duration) -> Self {
        self.kept_until = later(self.fresh_until, keep_for);
        self
    }

    /// Which of its headers are not the handler's.
    pub(in crate::cache) fn with_added(mut self, added: Added) -> Self {
        self.added = added;
        self
    }

    /// What its headers say depends on how old it is.
    pub(in crate::cache) fn with_ageing(mut self, ageing: Ageing) -> Self {
        self.head.ages(ageing);
        self
    }

    /// Instead of an answer: answers of this key differ by these headers of requests.
    pub(in crate::cache) fn with_variants(mut self, names: impl Into<Box<[HeaderName]>>) -> Self {
        self.variants = Some(names.into());
        self
    }

    /// By what headers of requests the answers of this key differ; then it is none itself.
    pub(in crate::cache) fn variants(&self) -> Option<&[HeaderName]> {
        self.variants.as_deref()
    }

    /// What it is stored under.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What patterns see of it.
    pub(in crate::cache) fn readable(&self) -> Readable {
        values::readable(&self.key, &self.answer.body).unwrap_or_else(|| self.key.readable())
    }

    /// The answer, a copy.
    #[must_use]
    pub fn answer(&self) -> Snapshot {
        Snapshot { headers: self.head.get(), ..self.answer.clone() }
    }

    /// What it can be invalidated by.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// What the logical clock said before its handler ran.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// How it may be used beyond its time, and for whom.
    #[must_use]
    pub fn reuse(&self) -> Reuse {
        self.reuse
    }

    /// How old it is, its age before it came here included (RFC 9111 §4.2.3).
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.head.initial_age() + now.saturating_duration_since(self.stored)
    }

    /// For how long it is still fresh; zero where it no longer is.
    #[must_use]
    pub fn ttl(&self, now: Instant) -> Duration {
        self.fresh_until.saturating_duration_since(now)
    }

    /// Whether it is fresh.
    #[must_use]
    pub fn is_fresh(&self, now: Instant) -> bool {
        now < self.fresh_until
    }

    /// For how long it has been stale; zero where it is fresh.
    #[must_use]
    pub fn stale_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.fresh_until)
    }

    /// How long it is kept in all.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.kept_until - self.stored
    }

    /// Whether it is of no use any more, neither fresh nor stale.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.kept_until
    }

    /// Bytes that it takes in memory, bookkeeping included.
    #[must_use]
    pub fn size(&self) -> usize {
        let names = self.variants.as_deref().map_or(0, size_of_val);
        ENTRY
            + self.key.as_bytes().len()
            + size_of_val(&*self.tags)
            + names
            + self.answer.content_size()
            + self.head.size()
    }

    /// As an answer that is fresh; without its content where only the head was asked for.
    pub(in crate::cache) fn give(&self, now: Instant, head: bool) -> Response {
        self.answer.respond_with(self.head.at(self.second(now)), head)
    }

    /// As an answer that is stale.
    pub(in crate::cache) fn give_stale(&self, now: Instant, head: bool, because: Because) -> Response {
        let second = self.second(now);
        let mut headers = self.head.at(second);
        headers.insert(status::X_CACHE, status::STALE);
        let status = status::hit(self.head.before(), self.head.ttl(second), Some(because));
        headers.insert(status::CACHE_STATUS, status);
        self.answer.respond_with(headers, head)
    }

    /// As an answer to whoever has waited until it was there.
    pub(in crate::cache) fn join(&self, head: bool, status: HeaderValue) -> Response {
        let mut headers = self.head.at(0);
        // It is not from the cache, and as old as its handler says.
        if self.head.initial_age().is_zero() {
            headers.remove(header::AGE);
        }
        headers.insert(status::X_CACHE, status::MISS);
        headers.insert(status::CACHE_STATUS, status::after(self.head.before(), status));
        self.answer.respond_with(headers, head)
    }

    pub(in crate::cache) fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// Its headers, whatever they say about its age.
    pub(in crate::cache) fn headers(&self) -> HeaderMap {
        self.head.get()
    }

    /// Which of them are not the handler's.
    pub(in crate::cache) fn added(&self) -> Added {
        self.added
    }

    pub(in crate::cache) fn body(&self) -> &Bytes {
        &self.answer.body
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.stored).as_secs()
    }
}
