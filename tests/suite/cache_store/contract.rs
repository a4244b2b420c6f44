//! A store under test, and the promises of [`CacheStore`] that it breaks.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use routekit::{
    ManualClock,
    cache::{BufferedResponse, CacheStore, Key, Lookup, Stamp, StoredResponse, Tag, Target},
};

use super::{claims, entries, invalidation};

pub(super) const FRESH: Duration = Duration::from_secs(60);
pub(super) const KEPT: Duration = Duration::from_secs(30);

pub(super) fn key(name: &str) -> Key {
    Key::new(name.as_bytes())
}

pub(super) async fn stamp_of(store: &dyn CacheStore) -> Stamp {
    store.lookup(&key("unused")).await.unwrap().stamp()
}

/// A store with its time, and the promises that it broke.
pub(super) struct Tested<'a> {
    /// Through which entries are put and invalidated.
    pub(super) writer: &'a dyn CacheStore,
    /// Through which they are looked up: the same store, or another handle of it.
    pub(super) reader: &'a dyn CacheStore,
    pub(super) clock: &'a ManualClock,
    advance: &'a dyn Fn(Duration),
    /// By how much ages may be too high, if the store cannot stop its clock.
    slack: Duration,
    broken: Vec<String>,
}

impl Tested<'_> {
    pub(super) fn check(&mut self, promise: &str, kept: bool) {
        if !kept {
            self.broken.push(promise.to_owned());
        }
    }

    /// Whether an entry is as old as that.
    pub(super) fn is_age(&self, age: Duration, expected: Duration) -> bool {
        (expected..=expected + self.slack).contains(&age)
    }

    /// Whether an entry is fresh for as long as that.
    pub(super) fn is_ttl(&self, ttl: Duration, expected: Duration) -> bool {
        (expected.saturating_sub(self.slack)..=expected).contains(&ttl)
    }

    /// Lets time pass.
    pub(super) fn advance(&self, by: Duration) {
        (self.advance)(by);
    }

    /// The stamp of an entry that the writer computes from now on.
    pub(super) async fn stamp(&self) -> Stamp {
        stamp_of(self.writer).await
    }

    pub(super) async fn lookup(&self, key: &Key) -> Lookup {
        self.reader.lookup(key).await.unwrap()
    }

    pub(super) fn response(&self, key: Key, body: &[u8], stamp: Stamp) -> StoredResponse {
        let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), body);
        StoredResponse::new(key, answer, stamp, self.clock.now(), FRESH)
    }

    pub(super) fn entry(&self, name: &str, body: &str, stamp: Stamp) -> StoredResponse {
        self.response(key(name), body.as_bytes(), stamp)
    }

    pub(super) async fn put(&self, name: &str, body: &str, stamp: Stamp, tags: &[&str]) {
        let tags: Vec<Tag> = tags.iter().map(|tag| Tag::named("", tag)).collect();
        self.writer.put(self.entry(name, body, stamp).with_tags(tags).into()).await.unwrap();
    }

    /// The body of a fresh entry.
    pub(super) async fn get(&self, name: &str) -> Option<String> {
        match self.lookup(&key(name)).await {
            Lookup::Hit(entry, _) => Some(String::from_utf8(entry.body().to_vec()).unwrap()),
            _ => None,
        }
    }

    pub(super) async fn has(&self, name: &str) -> bool {
        self.get(name).await.is_some()
    }

    pub(super) async fn is_miss(&self, name: &str) -> bool {
        matches!(self.lookup(&key(name)).await, Lookup::Miss(_))
    }

    /// Whether an entry is still fresh for as long as that.
    pub(super) async fn has_ttl(&self, name: &str, expected: Duration) -> bool {
        let found = self.lookup(&key(name)).await;
        found.response().is_some_and(|response| self.is_ttl(response.ttl(self.clock.now()), expected))
    }

    pub(super) async fn invalidate(&self, tags: &[&str]) -> Stamp {
        let targets: Vec<Target> = tags.iter().map(|tag| Target::tag("", tag)).collect();
        self.writer.invalidate(&targets).await.unwrap()
    }
}

/// The promises of [`CacheStore`] that a store breaks whose clock is `clock`.
pub(crate) async fn broken_promises(store: &dyn CacheStore, clock: &ManualClock) -> Vec<String> {
    broken_between([store, store], clock, &|by| clock.advance(by), Duration::ZERO).await
}

/// The promises that two handles of one store break: what one stores or invalidates, the other finds or misses.
///
/// `advance` moves `clock`, which is that of the handles, and the store's own, which may be ahead by `slack`.
pub(crate) async fn broken_between(
    [writer, reader]: [&dyn CacheStore; 2],
    clock: &ManualClock,
    advance: &dyn Fn(Duration),
    slack: Duration,
) -> Vec<String> {
    let mut tested = Tested { writer, reader, clock, advance, slack, broken: Vec::new() };
    entries::check(&mut tested).await;
    invalidation::check(&mut tested).await;
    claims::check(&mut tested).await;
    let reached = reader.health().await.is_ok() && writer.size().await.is_ok();
    tested.check("the store can be reached", reached);
    tested.broken
}
