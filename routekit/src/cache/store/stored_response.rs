//! A stored response, with everything that decides about its use.

use std::time::{Duration, Instant};

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::cache::{
    headers::status::{self, Because},
    store::{
        aged_headers::{AgedHeaders, Ageing},
        buffered_response::BufferedResponse,
        compressed::{
            gzip_body::GzipBody,
            recipient::{Recipient, describe_gzip},
        },
        key::Key,
        lifetime::later,
    },
    validity::{key_text::KeyText, provenance::Provenance, stamp::Stamp, tag::Tag},
};

/// The bytes that an entry takes in addition to its text, in this crate and in the tables of the embedded store
/// (`tests/benches/README.md`, cache).
pub(super) const OVERHEAD: usize = 1104;

/// How long a stale response with a validator is kept for revalidation.
const KEPT_FOR_REVALIDATION: Duration = Duration::from_secs(3600);

/// The uses of a stored response once it is stale, and the requests that it may answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reuse {
    /// How long after its freshness lifetime the response is served while it is refreshed (RFC 5861 §3).
    pub stale_while_revalidate: Duration,
    /// How long after its freshness lifetime the response is served if the handler fails (RFC 5861 §4).
    pub stale_if_error: Duration,
    /// Whether `max-stale` of a request is ignored (RFC 9111 §4.2.4).
    pub must_revalidate: bool,
    /// Whether it may answer requests with credentials although the route does not declare who shares it (RFC 9111
    /// §3.5).
    pub open: bool,
    /// Whether the handler gave it a validator: an `ETag` or a `Last-Modified`.
    pub can_be_validated: bool,
}

/// The headers that the cache added because the handler had not set them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cache) struct Added {
    pub(in crate::cache) etag: bool,
    pub(in crate::cache) cache_control: bool,
    pub(in crate::cache) cdn_cache_control: bool,
    /// The number of the last lines of `Vary` that were added.
    pub(in crate::cache) vary_lines: usize,
}

/// A stored response, with everything that decides about its use.
#[derive(Debug)]
pub struct StoredResponse {
    pub(super) key: Key,
    /// Without its headers, which are in `head`.
    pub(super) response: BufferedResponse,
    /// The body, if it is stored compressed. Then `response` has none, and `head` is still that of the plain response.
    pub(super) gzip: Option<Box<GzipBody>>,
    pub(super) head: AgedHeaders,
    provenance: Provenance,
    pub(super) stored: Instant,
    /// Points in time and not durations, since a comparison costs less than a subtraction.
    fresh_until: Instant,
    kept_until: Instant,
    reuse: Reuse,
    added: Added,
    /// The text that patterns match, if the key does not contain it because it is a hash.
    pub(super) key_text: Option<Box<KeyText>>,
}

impl StoredResponse {
    /// Creates a response under `key` that was computed after `stamp`, and is fresh for `fresh_for` from `stored` on.
    #[must_use]
    pub fn new(key: Key, mut response: BufferedResponse, stamp: Stamp, stored: Instant, fresh_for: Duration) -> Self {
        let fresh_until = later(stored, fresh_for);
        let mut head = AgedHeaders::new(std::mem::take(&mut response.headers));
        head.lasts(Duration::ZERO, fresh_for);
        Self {
            key,
            response,
            gzip: None,
            head,
            provenance: Provenance::new(stamp),
            stored,
            fresh_until,
            kept_until: fresh_until,
            reuse: Reuse::default(),
            added: Added::default(),
            key_text: None,
        }
    }

    /// Replaces its body by the same body, compressed.
    pub(in crate::cache) fn with_gzip(mut self, body: GzipBody) -> Self {
        self.response.body = Bytes::new();
        self.gzip = Some(Box::new(body));
        self
    }

    /// Sets the tags by which it can be invalidated. Defaults to none.
    #[must_use]
    pub fn with_tags(mut self, tags: impl Into<Box<[Tag]>>) -> Self {
        self.provenance = self.provenance.with_tags(tags);
        self
    }

    /// Sets its age at the time when it was stored. Defaults to zero.
    #[must_use]
    pub fn with_age(mut self, age: Duration) -> Self {
        self.head.lasts(age, self.fresh_until - self.stored);
        self
    }

    /// Sets its uses once it is stale. It is kept for as long as they allow. Defaults to none.
    #[must_use]
    pub fn with_reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        let validated = if reuse.can_be_validated { KEPT_FOR_REVALIDATION } else { Duration::ZERO };
        self.keep_stale_for(validated.max(reuse.stale_while_revalidate).max(reuse.stale_if_error))
    }

    /// Sets how long it is kept once it is stale. Defaults to zero.
    #[must_use]
    pub fn keep_stale_for(mut self, keep_for: Duration) -> Self {
        self.kept_until = later(self.fresh_until, keep_for);
        self
    }

    /// Sets which of its headers did not come from the handler.
    pub(in crate::cache) fn with_added(mut self, added: Added) -> Self {
        self.added = added;
        self
    }

    /// Sets which of its headers depend on its age.
    pub(in crate::cache) fn with_ageing(mut self, ageing: Ageing) -> Self {
        self.head.ages(ageing);
        self
    }

    /// Sets the text that patterns match, in place of the text of the key.
    pub(in crate::cache) fn with_key_text(mut self, text: KeyText) -> Self {
        self.key_text = Some(Box::new(text));
        self
    }

    /// Returns the key that it is stored under.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the text of the key that patterns match.
    pub(in crate::cache) fn key_text(&self) -> KeyText {
        self.key_text.as_deref().cloned().unwrap_or_else(|| self.key.text())
    }

    pub(in crate::cache) fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Returns the tags by which it can be invalidated.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.provenance.tags()
    }

    /// Returns the reading of the logical clock before the handler ran.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.provenance.stamp()
    }

    /// Returns its uses once it is stale, and the requests that it may answer.
    #[must_use]
    pub fn reuse(&self) -> Reuse {
        self.reuse
    }

    /// Returns its age, including the age that it had when it was stored (RFC 9111 §4.2.3).
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.head.initial_age().saturating_add(now.saturating_duration_since(self.stored))
    }

    /// Returns how long it is still fresh; zero if it is stale.
    #[must_use]
    pub fn ttl(&self, now: Instant) -> Duration {
        self.fresh_until.saturating_duration_since(now)
    }

    /// Returns whether it is fresh.
    #[must_use]
    pub fn is_fresh(&self, now: Instant) -> bool {
        now < self.fresh_until
    }

    /// Returns how long it has been stale; zero if it is fresh.
    #[must_use]
    pub fn stale_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.fresh_until)
    }

    /// Returns how long it is kept, counted from when it was stored.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.kept_until - self.stored
    }

    /// When it is of no more use.
    pub(in crate::cache) fn kept_until(&self) -> Instant {
        self.kept_until
    }

    /// Returns whether it has expired: neither a fresh nor a stale use is possible any more.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.kept_until
    }

    /// Returns the bytes that it takes in memory, bookkeeping included.
    #[must_use]
    pub fn size(&self) -> usize {
        let text = self.key_text.as_deref().map_or(0, |text| text.partition.len() + text.path.len());
        OVERHEAD
            + self.key.as_bytes().len()
            + size_of_val(self.tags())
            + text
            + self.response.content_size()
            + self.gzip.as_deref().map_or(0, GzipBody::size)
            + self.head.size()
    }

    /// Returns the response while it is fresh. `None` if its compressed body is damaged.
    pub(in crate::cache) fn give(&self, now: Instant, to: Recipient<'_>) -> Option<Response> {
        self.respond(self.head.at(now, self.stored), to)
    }

    /// Returns the response although it is stale. `None` if its compressed body is damaged.
    pub(in crate::cache) fn give_stale(&self, now: Instant, to: Recipient<'_>, because: Because) -> Option<Response> {
        let second = self.second(now);
        let mut headers = self.head.stale_at(second);
        headers.insert(status::X_CACHE, status::STALE);
        let status = status::hit(self.head.before(), self.head.ttl(second), Some(because));
        headers.insert(status::CACHE_STATUS, status);
        self.respond(headers, to)
    }

    /// Returns the response for a request that waited until another one had fetched it. `None` if its compressed body
    /// is damaged.
    pub(in crate::cache) fn join(&self, to: Recipient<'_>, status: HeaderValue) -> Option<Response> {
        let mut headers = self.head.at(self.stored, self.stored);
        // It does not come from the cache, and has the age that its handler states.
        if self.head.initial_age().is_zero() {
            headers.remove(header::AGE);
        }
        headers.insert(status::X_CACHE, status::MISS);
        headers.insert(status::CACHE_STATUS, status::after(self.head.before(), status));
        self.respond(headers, to)
    }

    /// The response with these headers, which are those of the plain response.
    #[inline]
    fn respond(&self, headers: HeaderMap, to: Recipient<'_>) -> Option<Response> {
        match &self.gzip {
            None => Some(self.response.respond_with(headers, &self.response.body, to.head_only)),
            Some(gzip) => self.respond_from_gzip(gzip, headers, to),
        }
    }

    /// As it is stored, if the client accepts that, or else decompressed.
    #[inline(never)]
    fn respond_from_gzip(&self, gzip: &GzipBody, mut headers: HeaderMap, to: Recipient<'_>) -> Option<Response> {
        let head_only = to.head_only;
        if to.takes_gzip() && describe_gzip(&mut headers, gzip.bytes().len()) {
            return Some(self.response.respond_with(headers, gzip.bytes(), head_only));
        }
        let body = if head_only { Bytes::new() } else { gzip.plain()? };
        Some(self.response.respond_with(headers, &body, head_only))
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// Returns the headers of the response with its plain body. Those that depend on the age are out of date.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        self.head.get()
    }

    /// Returns the body as it is stored: compressed with gzip if [`is_compressed`](Self::is_compressed).
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.gzip.as_deref().map_or(&self.response.body, GzipBody::bytes)
    }

    /// Returns whether the body is stored compressed (`compress_stored`).
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.gzip.is_some()
    }

    /// Returns the body, decompressed if it is stored compressed. `None` if it is damaged.
    #[must_use]
    pub fn plain_body(&self) -> Option<Bytes> {
        match &self.gzip {
            None => Some(self.response.body.clone()),
            Some(gzip) => gzip.plain(),
        }
    }

    /// Returns which of the headers did not come from the handler.
    pub(in crate::cache) fn added(&self) -> Added {
        self.added
    }

    fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.stored).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    #[test]
    fn longest_age_and_lifetime_overflow_nothing() {
        let (clock, most) = (ManualClock::new(), Duration::MAX);
        let empty = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
        let reuse = Reuse { stale_while_revalidate: most, stale_if_error: most, ..Reuse::default() };
        let response = StoredResponse::new(Key::new(*b"key"), empty, Stamp::new(1), clock.now(), most);
        let response = response.with_age(most).with_reuse(reuse);
        clock.advance(Duration::from_secs(60));
        let to = Recipient { head_only: false, headers: &HeaderMap::new() };
        assert!(response.is_fresh(clock.now()) && !response.is_over(clock.now()));
        assert!(response.age(clock.now()) >= Duration::from_secs(u64::MAX));
        assert_eq!(response.give(clock.now(), to).unwrap().headers()[header::AGE], u64::MAX.to_string());
    }
}
