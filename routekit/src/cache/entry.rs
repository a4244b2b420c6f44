//! What is stored.

use std::{
    fmt,
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{Key, Stamp, Tag};
use crate::{observe::Failure, problem::Problem};

/// An answer that can be given more than once: its content is at hand.
#[derive(Clone)]
pub struct Snapshot {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// What an error answer renders again for each request that it is given to.
    problem: Option<Problem>,
    failure: Option<Failure>,
}

impl Snapshot {
    /// An answer of these. Headers that concern only one connection are left out (RFC 9110 §7.6.1).
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let connection = headers.get_all(header::CONNECTION).iter();
        let named: Vec<HeaderName> = connection
            .filter_map(|value| value.to_str().ok())
            .flat_map(|names| names.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        let kept = |name: &HeaderName| !HOP_BY_HOP.contains(name) && !named.contains(name);
        // Copied, so that no more is kept than what is counted: a short value may be a piece of something large.
        let headers = headers.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), copy(value)));
        Self { status, headers: headers.collect(), body: Bytes::copy_from_slice(body), problem: None, failure: None }
    }

    /// With what travels beside an error answer.
    pub(super) fn with_extensions(mut self, extensions: &http::Extensions) -> Self {
        // Its cause has been logged, and may be anything.
        self.problem = extensions.get::<Problem>().map(Problem::without_cause);
        self.failure = extensions.get().copied();
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The content.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Adds a header to all answers, in place of those of its name.
    pub(super) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// As an answer; without its content where only the head was asked for.
    pub(super) fn respond(&self, head: bool) -> Response {
        let mut response = Response::new(if head { Body::empty() } else { Body::from(self.body.clone()) });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        if head && !self.body.is_empty() {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| self.body.len().into());
        }
        if let Some(problem) = &self.problem {
            response.extensions_mut().insert(problem.clone());
        }
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        response
    }

    fn size(&self) -> usize {
        let headers = self.headers.iter();
        // A problem has what its document says once more, in maps.
        let contents = if self.problem.is_some() { 1 + PROBLEM } else { 1 };
        self.body.len() * contents
            + headers.map(|(name, value)| name.as_str().len() + value.len() + HEADER).sum::<usize>()
    }
}

/// What a header takes beside its text: its place in the map, and the pieces of memory of its value.
const HEADER: usize = 176;

/// How many times its document a problem takes.
const PROBLEM: usize = 4;

/// What an entry takes beside its text, in this crate and in the store's tables (`tests/benches/README.md`, cache).
const ENTRY: usize = 1104;

/// Those that this is about, beside whatever `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
];

fn copy(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).expect("a header's value is one");
    copy.set_sensitive(value.is_sensitive());
    copy
}

impl fmt::Debug for Snapshot {
    /// Without the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// As much later, and a century at most.
fn later(time: Instant, by: Duration) -> Instant {
    time + by.min(CENTURY)
}

/// As good as for ever.
pub(super) const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A stored answer, with all that says whether it may still be given.
#[derive(Debug)]
pub struct Entry {
    key: Key,
    answer: Snapshot,
    tags: Box<[Tag]>,
    stamp: Stamp,
    stored: Instant,
    /// Times and not lengths: to compare two costs less than to subtract them.
    fresh_until: Instant,
    kept_until: Instant,
    /// Whether whoever is given it must know how old it is.
    tells_age: bool,
    /// What the logical clock said when it was last found valid; nothing at first.
    pub(super) proven: AtomicU64,
}

impl Entry {
    /// An answer under this key that was computed after `stamp`, and is fresh for this long from `stored` on.
    #[must_use]
    pub fn new(key: Key, answer: Snapshot, stamp: Stamp, stored: Instant, fresh_for: Duration) -> Self {
        let fresh_until = later(stored, fresh_for);
        Self {
            key,
            answer,
            tags: Box::default(),
            stamp,
            stored,
            fresh_until,
            kept_until: fresh_until,
            tells_age: false,
            proven: AtomicU64::new(0),
        }
    }

    /// What it can be invalidated by.
    #[must_use]
    pub fn with_tags(mut self, tags: impl Into<Box<[Tag]>>) -> Self {
        self.tags = tags.into();
        self
    }

    /// Keeps it for this long after it is no longer fresh. Defaults to not at all.
    #[must_use]
    pub fn keep_stale_for(mut self, keep_for: Duration) -> Self {
        self.kept_until = later(self.fresh_until, keep_for);
        self
    }

    /// Says how old it is wherever it is given out, since it says itself how long it is fresh (RFC 9111 §5.1).
    #[must_use]
    pub fn telling_its_age(mut self) -> Self {
        self.tells_age = true;
        self
    }

    /// Whether it says how old it is.
    #[must_use]
    pub fn tells_age(&self) -> bool {
        self.tells_age
    }

    /// What it is stored under.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The answer.
    #[must_use]
    pub fn answer(&self) -> &Snapshot {
        &self.answer
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

    /// How long it has been there.
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.stored)
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
        ENTRY + self.key.as_bytes().len() + size_of_val(&*self.tags) + self.answer.size()
    }
}
