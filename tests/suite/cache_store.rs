//! The contract of `CacheStore`: one suite for every store, which names the rules that a store breaks.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode};
use routekit::{
    ManualClock,
    cache::{CacheStore, Embedded, Entry, Key, Lookup, Snapshot, Stamp, Tag, Target},
};

use crate::stores::Plain;

const FRESH: Duration = Duration::from_secs(60);
const KEPT: Duration = Duration::from_secs(30);

/// A store and its clock.
struct Tested<'a> {
    store: &'a dyn CacheStore,
    clock: &'a ManualClock,
    broken: Vec<String>,
}

fn key(name: &str) -> Key {
    Key::new(name.as_bytes())
}

impl Tested<'_> {
    fn check(&mut self, promise: &str, kept: bool) {
        if !kept {
            self.broken.push(promise.to_owned());
        }
    }

    async fn stamp(&self) -> Stamp {
        match self.store.lookup(&key("nobody's")).await.unwrap() {
            Lookup::Miss(stamp) => stamp,
            found => panic!("{found:?}"),
        }
    }

    fn entry(&self, name: &str, body: &str, stamp: Stamp) -> Entry {
        let answer = Snapshot::new(StatusCode::OK, &HeaderMap::new(), body.as_bytes());
        Entry::new(key(name), answer, stamp, self.clock.now(), FRESH)
    }

    async fn put(&self, name: &str, body: &str, stamp: Stamp, tags: &[&str]) {
        let tags: Vec<Tag> = tags.iter().map(|tag| Tag::named("", tag)).collect();
        self.store.put(Arc::new(self.entry(name, body, stamp).with_tags(tags))).await.unwrap();
    }

    /// The body of a fresh entry.
    async fn get(&self, name: &str) -> Option<String> {
        match self.store.lookup(&key(name)).await.unwrap() {
            Lookup::Hit(entry, _) => Some(String::from_utf8(entry.answer().body().to_vec()).unwrap()),
            _ => None,
        }
    }

    async fn has(&self, name: &str) -> bool {
        self.get(name).await.is_some()
    }

    async fn invalidate(&self, tags: &[&str]) -> Stamp {
        let targets: Vec<Target> = tags.iter().map(|tag| Target::tag(Tag::named("", tag))).collect();
        self.store.invalidate(&targets).await.unwrap()
    }
}

/// The rules of [`CacheStore`] that this store breaks.
async fn broken_promises(store: &dyn CacheStore, clock: &ManualClock) -> Vec<String> {
    let mut t = Tested { store, clock, broken: Vec::new() };

    t.check("it begins with nothing", !t.has("a").await);
    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &["x", "y"]).await;
    t.check("what was put is found", t.get("a").await.as_deref() == Some("1"));
    t.check("and under no other key", !t.has("b").await && !t.has("").await && !t.has("aa").await);
    t.put("a", "2", stamp, &["x", "y"]).await;
    t.check("a later one takes its place", t.get("a").await.as_deref() == Some("2"));
    t.check("its ttl is known", store.ttl(&key("a")).await.unwrap() == Some(FRESH));
    t.check("nobody's is none", store.ttl(&key("b")).await.unwrap().is_none());

    clock.advance(FRESH - Duration::from_secs(1));
    t.check("it is fresh until its time is over", t.has("a").await);
    t.check("its ttl gets less", store.ttl(&key("a")).await.unwrap() == Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    t.check("and then it is not", !t.has("a").await);
    let stale = t.entry("s", "1", stamp).keep_stale_for(KEPT);
    store.put(Arc::new(stale)).await.unwrap();
    clock.advance(FRESH);
    let found = store.lookup(&key("s")).await.unwrap();
    t.check("what is kept longer is stale", matches!(found, Lookup::Stale(..)));
    clock.advance(KEPT);
    let found = store.lookup(&key("s")).await.unwrap();
    t.check("and then over", matches!(found, Lookup::Miss(_)));

    let stamp = t.stamp().await;
    for (name, tags) in [("a", &["x", "y"][..]), ("b", &["x"]), ("c", &["y"]), ("d", &[])] {
        t.put(name, "1", stamp, tags).await;
    }
    let number = t.invalidate(&["x"]).await;
    t.check("whatever carries the tag is invalid", !t.has("a").await && !t.has("b").await);
    t.check("and nothing else", t.has("c").await && t.has("d").await);
    t.check("its number is later than the stamps before", number > stamp);
    t.check("stamps after it are not earlier", t.stamp().await >= number);
    t.put("a", "old", stamp, &["x"]).await;
    t.check("what was computed before it is invalid, also if it is put after it", !t.has("a").await);
    let late = t.entry("a", "old", stamp).with_tags([Tag::named("", "x")]);
    t.check("nor is it valid where it was at hand", !store.is_valid(&late).await.unwrap());
    let stamp = t.stamp().await;
    t.put("a", "new", stamp, &["x"]).await;
    t.check("what was computed after it is valid", t.get("a").await.as_deref() == Some("new"));
    let unseen = t.stamp().await;
    t.invalidate(&["nobody has this yet"]).await;
    t.put("e", "old", unseen, &["nobody has this yet"]).await;
    t.check("a tag that nothing carried yet is no exception", !t.has("e").await);

    let stamp = t.stamp().await;
    for name in ["a", "b", "c"] {
        t.put(name, "1", stamp, &[name]).await;
    }
    t.invalidate(&["a", "c"]).await;
    t.check("several tags at once", !t.has("a").await && t.has("b").await && !t.has("c").await);

    let stamp = t.stamp().await;
    t.put("p", "1", stamp, &[]).await;
    store.invalidate(&[Target::pattern("", "*")]).await.unwrap();
    t.check("patterns are about paths", !t.has("p").await);
    t.put("p", "1", stamp, &[]).await;
    t.check("and also about what is put afterwards", !t.has("p").await);
    let stamp = t.stamp().await;
    t.put("p", "1", stamp, &[]).await;
    store.invalidate(&[Target::pattern("another", "*"), Target::pattern("", "/x*y")]).await.unwrap();
    t.check("in their partition, and of those that fit", t.has("p").await);
    t.put("b", "1", stamp, &["b"]).await;

    store.remove(&key("b")).await.unwrap();
    t.check("what is removed is gone", !t.has("b").await);
    store.remove(&key("b")).await.unwrap();

    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &[]).await;
    let stale = Arc::new(t.entry("s", "1", stamp).keep_stale_for(KEPT).with_tags([Tag::named("", "s")]));
    store.put(stale).await.unwrap();
    clock.advance(FRESH);
    t.invalidate(&["s"]).await;
    let found = store.lookup(&key("s")).await.unwrap();
    t.check("what is invalid is not stale either", matches!(found, Lookup::Miss(_)));
    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &[]).await;
    store.clear().await.unwrap();
    t.check("nothing is left when it was cleared", !t.has("a").await);
    t.put("a", "1", stamp, &[]).await;
    t.check("nor comes back", !t.has("a").await);
    let stamp = t.stamp().await;
    t.put("a", "2", stamp, &[]).await;
    t.check("what comes then is kept", t.has("a").await);
    t.check("it can be reached", store.health().await.is_ok() && store.size().await.is_ok());
    t.broken
}

#[tokio::test]
async fn every_store_keeps_the_contract() {
    let clock = ManualClock::new();
    let embedded = Embedded::new(1 << 20).clock(clock.clock());
    let small_tables = Embedded::with_tags(1 << 20, 1 << 16).clock(clock.clock());
    let plain = Plain::new(clock.clock());
    let stores: [(&str, &dyn CacheStore); 3] =
        [("embedded", &embedded), ("embedded, another table", &small_tables), ("plain", &plain)];
    for (name, store) in stores {
        assert_eq!(broken_promises(store, &clock).await, [""; 0], "{name}");
    }
}

#[tokio::test]
async fn store_without_stamps_breaks_the_contract() {
    let clock = ManualClock::new();
    let broken = broken_promises(&Plain::without_stamps(clock.clock()), &clock).await;
    assert_eq!(
        broken,
        [
            "what was computed before it is invalid, also if it is put after it",
            "nor is it valid where it was at hand",
            "a tag that nothing carried yet is no exception",
            "and also about what is put afterwards",
            "nor comes back",
        ]
    );
}

#[tokio::test]
async fn embedded_store_supports_patterns() {
    let clock = ManualClock::new();
    let store = Embedded::new(1 << 20).clock(clock.clock());
    let stamp = match store.lookup(&key("a")).await.unwrap() {
        Lookup::Miss(stamp) => stamp,
        found => panic!("{found:?}"),
    };
    // More bans than are kept: the oldest one raises the floor, so that it is not lost.
    for number in 0..200 {
        store.invalidate(&[Target::pattern("", &format!("/x*{number}"))]).await.unwrap();
    }
    let answer = Snapshot::new(StatusCode::OK, &HeaderMap::new(), b"");
    let old = Entry::new(key("a"), answer.clone(), stamp, clock.now(), FRESH);
    assert!(!store.is_valid(&old).await.unwrap(), "it is older than a ban that is no longer on the list");
    let Lookup::Miss(stamp) = store.lookup(&key("a")).await.unwrap() else { panic!("nothing was put") };
    let new = Entry::new(key("a"), answer, stamp, clock.now(), FRESH);
    assert!(store.is_valid(&new).await.unwrap());
}
