//! The contract of `CacheStore`: one suite for every store, which names the rules that a store breaks.

use std::time::Duration;

use axum::body::Bytes;
use http::{HeaderMap, StatusCode, header};
use routekit::{
    ManualClock,
    cache::{
        BufferedResponse, CacheStore, ClaimOutcome, Embedded, Entry, EntryParts, Key, Lookup, Stamp, StoredResponse,
        Tag, Target, Variants,
    },
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
        match self.store.lookup(&key("unused")).await.unwrap() {
            Lookup::Miss(stamp) => stamp,
            found => panic!("{found:?}"),
        }
    }

    fn entry(&self, name: &str, body: &str, stamp: Stamp) -> StoredResponse {
        let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), body.as_bytes());
        StoredResponse::new(key(name), answer, stamp, self.clock.now(), FRESH)
    }

    async fn put(&self, name: &str, body: &str, stamp: Stamp, tags: &[&str]) {
        let tags: Vec<Tag> = tags.iter().map(|tag| Tag::named("", tag)).collect();
        self.store.put(self.entry(name, body, stamp).with_tags(tags).into()).await.unwrap();
    }

    /// The body of a fresh entry.
    async fn get(&self, name: &str) -> Option<String> {
        match self.store.lookup(&key(name)).await.unwrap() {
            Lookup::Hit(entry, _) => Some(String::from_utf8(entry.body().to_vec()).unwrap()),
            _ => None,
        }
    }

    /// How long an entry is still fresh.
    async fn ttl(&self, name: &str) -> Option<Duration> {
        let found = self.store.lookup(&key(name)).await.unwrap();
        found.response().map(|response| response.ttl(self.clock.now()))
    }

    async fn has(&self, name: &str) -> bool {
        self.get(name).await.is_some()
    }

    async fn invalidate(&self, tags: &[&str]) -> Stamp {
        let targets: Vec<Target> = tags.iter().map(|tag| Target::tag("", tag)).collect();
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
    t.check("its ttl is known", t.ttl("a").await == Some(FRESH));

    clock.advance(FRESH - Duration::from_secs(1));
    t.check("it is fresh until its time is over", t.has("a").await);
    t.check("its ttl gets less", t.ttl("a").await == Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    t.check("and then it is not", !t.has("a").await);
    let stale = t.entry("s", "1", stamp).keep_stale_for(KEPT);
    store.put(stale.into()).await.unwrap();
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
    let late = Entry::from(t.entry("a", "old", stamp).with_tags([Tag::named("", "x")]));
    t.check("nor is it valid where it was at hand", !store.is_valid(&late).await.unwrap());
    let stamp = t.stamp().await;
    t.put("a", "new", stamp, &["x"]).await;
    t.check("what was computed after it is valid", t.get("a").await.as_deref() == Some("new"));
    let unseen = t.stamp().await;
    t.invalidate(&["on no entry yet"]).await;
    t.put("e", "old", unseen, &["on no entry yet"]).await;
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

    let stamp = t.stamp().await;
    let variants = |stamp, keep_for| {
        Entry::from(Variants::new(key("v"), [header::ACCEPT, header::COOKIE], stamp, clock.now(), keep_for))
    };
    store.put(variants(stamp, FRESH)).await.unwrap();
    let found = store.lookup(&key("v")).await.unwrap();
    let names = [header::ACCEPT, header::COOKIE];
    let finds_names = matches!(&found, Lookup::VariesBy(variants, _) if variants.names() == names);
    t.check("the names of headers are no response", finds_names && found.response().is_none());
    t.put("v", "1", stamp, &[]).await;
    t.check("a response takes their place", t.has("v").await);
    store.put(variants(stamp, FRESH)).await.unwrap();
    t.check("and they take its place", !t.has("v").await);
    store.invalidate(&[Target::pattern("", "*")]).await.unwrap();
    let found = store.lookup(&key("v")).await.unwrap();
    t.check("patterns are about names of headers, too", matches!(found, Lookup::Miss(_)));
    store.put(variants(t.stamp().await, FRESH)).await.unwrap();
    clock.advance(FRESH);
    let found = store.lookup(&key("v")).await.unwrap();
    t.check("names of headers are over as well", matches!(found, Lookup::Miss(_)));

    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &[]).await;
    let stale = t.entry("s", "1", stamp).keep_stale_for(KEPT).with_tags([Tag::named("", "s")]);
    store.put(stale.into()).await.unwrap();
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
    t.check("it has claims", store.has_claims());
    let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
    let claim = async |name: &str, record: &Bytes| store.claim(&key(name), record.clone(), FRESH).await.unwrap();
    let swap = async |name: &str, held: &Bytes, next: Option<&Bytes>| {
        store.swap_claim(&key(name), held, next.cloned(), FRESH).await.unwrap()
    };
    t.check("the first claim of a key wins", claim("a", &one).await == ClaimOutcome::Won);
    t.check("the second gets its record", claim("a", &two).await == ClaimOutcome::Taken(one.clone()));
    t.check("the claim of another key wins", claim("b", &two).await == ClaimOutcome::Won);
    t.check("a claim is no entry", !t.has("b").await);
    t.check("a record that is not held is not changed", !swap("a", &two, None).await);
    store.clear().await.unwrap();
    t.invalidate(&["a"]).await;
    t.check("claims are neither cleared nor invalidated", claim("a", &two).await == ClaimOutcome::Taken(one.clone()));
    clock.advance(FRESH - Duration::from_secs(1));
    t.check("a record that is held is replaced", swap("a", &one, Some(&two)).await);
    clock.advance(FRESH - Duration::from_secs(1));
    t.check("its time begins again", claim("a", &one).await == ClaimOutcome::Taken(two.clone()));
    t.check("that of others does not", claim("b", &one).await == ClaimOutcome::Won);
    clock.advance(Duration::from_secs(1));
    t.check("a record whose time has passed is not held", !swap("a", &two, Some(&one)).await);
    t.check("and its key can be claimed", claim("a", &one).await == ClaimOutcome::Won);
    t.check("a record that is held is removed", swap("a", &one, None).await && swap("b", &one, None).await);
    t.check("once", !swap("a", &one, None).await);
    t.check("and its key can be claimed then", claim("a", &two).await == ClaimOutcome::Won);
    let mut won = 0;
    for _ in 0..20 {
        let (raced, records) = (key("raced"), [0, 1, 2, 3].map(|n: u8| Bytes::copy_from_slice(&[n])));
        let claims = records.iter().map(|record| store.claim(&raced, record.clone(), FRESH));
        let outcomes = futures_util::future::join_all(claims).await;
        won += outcomes.iter().filter(|outcome| matches!(outcome, Ok(ClaimOutcome::Won))).count();
        for record in &records {
            swap("raced", record, None).await;
        }
    }
    t.check("one of several claims at a time wins", won == 20);
    t.check("it can be reached", store.health().await.is_ok() && store.size().await.is_ok());
    t.broken
}

#[tokio::test]
async fn every_store_keeps_the_contract() {
    let clock = ManualClock::new();
    let embedded = Embedded::new(1 << 20).clock(clock.clock());
    let small_tables = Embedded::with_tags(1 << 20, 1 << 16).clock(clock.clock());
    let (plain, bytes) = (Plain::new(clock.clock()), Plain::serialising(clock.clock()));
    let stores: [(&str, &dyn CacheStore); 4] = [
        ("embedded", &embedded),
        ("embedded, another table", &small_tables),
        ("plain", &plain),
        ("entries as bytes", &bytes),
    ];
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
async fn store_with_claims_in_two_steps_breaks_the_contract() {
    let clock = ManualClock::new();
    let broken = broken_promises(&Plain::with_claims_in_two_steps(clock.clock()), &clock).await;
    assert_eq!(broken, ["one of several claims at a time wins"]);
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
    let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let old = Entry::from(StoredResponse::new(key("a"), answer.clone(), stamp, clock.now(), FRESH));
    assert!(!store.is_valid(&old).await.unwrap(), "it is older than a ban that is no longer on the list");
    let Lookup::Miss(stamp) = store.lookup(&key("a")).await.unwrap() else { panic!("nothing was put") };
    let new = Entry::from(StoredResponse::new(key("a"), answer, stamp, clock.now(), FRESH));
    assert!(store.is_valid(&new).await.unwrap());
}

/// Another process has another monotonic clock, and the same wall time.
#[test]
fn an_entry_rebuilt_in_another_process_has_the_same_age() {
    let (here, there) = (ManualClock::new(), ManualClock::new());
    here.set_unix_time(Duration::from_secs(1000));
    let response = BufferedResponse::new(StatusCode::NOT_FOUND, &HeaderMap::new(), b"gone");
    let stored = StoredResponse::new(key("a"), response, Stamp::new(7), here.now(), FRESH)
        .with_age(Duration::from_secs(5))
        .with_tags([Tag::named("", "x")])
        .keep_stale_for(KEPT);
    here.advance(Duration::from_secs(10));
    let parts = Entry::from(stored).into_parts(&here.clock());
    assert_eq!(parts.head.kept_until(), Duration::from_secs(1000) + FRESH + KEPT);
    assert_eq!((parts.head.stamp(), parts.head.tags().collect::<Vec<_>>()), (Stamp::new(7), vec![Tag::named("", "x")]));

    there.set_unix_time(Duration::from_secs(1020));
    let parts = EntryParts::new(parts.key, parts.head, parts.body);
    let Entry::Response(rebuilt) = Entry::from_parts(parts, &there.clock()).unwrap() else {
        panic!("it was a response")
    };
    assert_eq!(rebuilt.age(there.now()), Duration::from_secs(25));
    assert_eq!(rebuilt.ttl(there.now()), FRESH - Duration::from_secs(20));
    assert_eq!((rebuilt.status(), &rebuilt.body()[..]), (StatusCode::NOT_FOUND, &b"gone"[..]));
    there.advance(FRESH);
    assert!(!rebuilt.is_fresh(there.now()) && !rebuilt.is_over(there.now()));
    there.advance(KEPT);
    assert!(rebuilt.is_over(there.now()));
}

#[test]
fn parts_of_another_version_are_refused() {
    let clock = ManualClock::new();
    let response = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let entry = Entry::from(StoredResponse::new(key("a"), response, Stamp::new(1), clock.now(), FRESH));
    let mut json = serde_json::to_value(entry.into_parts(&clock.clock())).unwrap();
    json["head"]["version"] = 200.into();
    let parts: EntryParts = serde_json::from_value(json).unwrap();
    assert!(Entry::from_parts(parts, &clock.clock()).is_err());
}
