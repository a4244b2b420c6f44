//! The contract of `CacheStore`: one suite for every store, which names the promises that a store breaks.
//!
//! `suite redis::contract` runs it against Redis.

mod claims;
mod contract;
mod entries;
mod invalidation;

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use routekit::{
    ManualClock,
    cache::{BufferedResponse, CacheStore, Embedded, Entry, EntryParts, Lookup, Stamp, StoredResponse, Tag, Target},
};

pub(crate) use self::contract::broken_between;
use self::contract::{FRESH, KEPT, broken_promises, key};
use crate::stores::Plain;

#[tokio::test]
async fn every_store_keeps_the_contract() {
    let clock = ManualClock::new();
    let embedded = Embedded::new(64 << 20).clock(clock.clock());
    let small_tables = Embedded::with_tags(64 << 20, 1 << 16).clock(clock.clock());
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
            "an entry that is older than the invalidation is invalid, also if it is put after it",
            "an entry that was never put can be invalid",
            "a tag that no entry has yet is invalidated as well",
            "a pattern also concerns older entries that are put after it",
            "a pattern is not forgotten because of later ones",
            "a tag is not forgotten because of later ones",
            "each of many targets is invalidated",
            "an entry that is older than the clear is invalid, also if it is put after it",
            "an entry that was never put is invalid after a clear",
        ]
    );
}

#[tokio::test]
async fn store_with_claims_in_two_steps_breaks_the_contract() {
    let clock = ManualClock::new();
    let broken = broken_promises(&Plain::with_claims_in_two_steps(clock.clock()), &clock).await;
    assert_eq!(broken, ["one of several claims at a time wins", "one of several swaps at a time succeeds"]);
}

#[tokio::test]
async fn store_that_invalidates_in_steps_breaks_the_contract() {
    let clock = ManualClock::new();
    let broken = broken_promises(&Plain::with_invalidation_in_steps(clock.clock()), &clock).await;
    assert_eq!(broken, ["all targets of an invalidation become invalid at once"]);
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
