//! The wall clocks of servers and processes are wrong, or change.

use std::{sync::Arc, time::Duration};

use routekit::{
    ManualClock,
    cache::{BufferedResponse, CacheStore, Key, Lookup, RedisStore, StoredResponse, Tag, Target},
};

use super::{
    Node,
    contract::{SLACK, Time},
    is_miss, lookup,
};
use crate::support::{MINUTE, RedisServer, SECOND};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn server_whose_clock_is_set_back_serves_nothing_old() {
    let Some(server) = RedisServer::start_with_clock("set-back", &[]) else { return };
    let world = Arc::default();
    let node = Node::new(&server.url(), &world);
    for item in 0..8 {
        node.until_hit(item).await;
    }
    for seconds in [3600, 0, 7200] {
        server.set_clock_back(seconds);
        let started = Node::new(&server.url(), &world);
        for (item, node) in [&node, &started, &node, &started].into_iter().enumerate() {
            node.change(item).await;
            started.until_hit(item).await;
            node.until_hit(item).await;
        }
        for item in 0..8 {
            node.read_current(item).await;
            started.read_current(item).await;
        }
    }
}

/// By less than a lifetime: the expiry of Redis alone would come too late.
#[tokio::test]
async fn server_whose_clock_is_set_back_by_seconds_keeps_no_entry_for_longer() {
    let Some(server) = RedisServer::start_with_clock("seconds", &[]) else { return };
    let time = Time::stop(&server);
    let store = time.store();
    // The clock of the cache is not what tells.
    store.invalidate(&[Target::tag("", "x")]).await.unwrap();
    time.advance(HOUR);
    let stamp = lookup(&store, "unused").await.stamp();
    let answer = BufferedResponse::new(http::StatusCode::OK, &http::HeaderMap::new(), b"");
    let entry = StoredResponse::new(Key::new("key"), answer, stamp, time.clock.now(), MINUTE);
    store.put(entry.into()).await.unwrap();
    time.advance(50 * SECOND);
    assert!(!is_miss(&store, "key").await);
    time.set_server_back(30 * SECOND);
    time.advance(20 * SECOND);
    assert!(is_miss(&store, "key").await, "it was fresh for a minute, 70 seconds ago");
}

#[tokio::test]
async fn lifetimes_do_not_depend_on_the_clock_of_a_process() {
    let Some(server) = RedisServer::start_with_clock("own-clock", &[]) else { return };
    let time = Time::stop(&server);
    let (ahead, behind) = (ManualClock::new(), ManualClock::new());
    let unix = Duration::from_secs(1_800_000_000);
    ahead.set_unix_time(unix + HOUR);
    behind.set_unix_time(unix - HOUR);
    let store = |clock: &ManualClock| {
        let builder = RedisStore::builder(server.url()).clock(clock.clock());
        builder.budget(Duration::from_millis(250)).build().unwrap()
    };
    let stores = [time.store(), store(&ahead), store(&behind)];
    let clocks = [&time.clock, &ahead, &behind];
    let advance = |by: Duration| {
        time.advance(by);
        ahead.advance(by);
        behind.advance(by);
    };
    for (writer, clock) in stores.iter().zip(clocks) {
        let stamp = lookup(writer, "unused").await.stamp();
        let answer = BufferedResponse::new(http::StatusCode::OK, &http::HeaderMap::new(), b"");
        let entry = StoredResponse::new(Key::new("key"), answer, stamp, clock.now(), MINUTE);
        writer.put(entry.with_tags([Tag::named("", "x")]).into()).await.unwrap();
        advance(20 * SECOND);
        for (reader, clock) in stores.iter().zip(clocks) {
            let Lookup::Hit(found, _) = lookup(reader, "key").await else { panic!("a clock that is off costs a hit") };
            let (age, now) = (found.age(clock.now()), clock.now());
            assert!((20 * SECOND..20 * SECOND + SLACK).contains(&age), "{age:?}");
            assert!((40 * SECOND - SLACK..40 * SECOND).contains(&found.ttl(now)), "{:?}", found.ttl(now));
        }
        advance(40 * SECOND);
        for reader in &stores {
            assert!(is_miss(reader, "key").await, "it has expired for all");
        }
    }
}

/// As with a reader that compares the time of an entry, by its own clock, with that of an invalidation.
#[tokio::test]
async fn invalidations_do_not_depend_on_the_clock_of_a_process() {
    let Some(server) = RedisServer::start("own-time", &[]) else { return };
    let store = |unix: u64| {
        let clock = ManualClock::new();
        clock.set_unix_time(Duration::from_secs(unix));
        let builder = RedisStore::builder(server.url()).clock(clock.clock());
        (builder.budget(Duration::from_millis(250)).build().unwrap(), clock)
    };
    // In 1970, in 2027, and in 2096.
    let stores = [store(0), store(1_800_000_000), store(4_000_000_000)];
    for (number, (invalidating, _)) in stores.iter().enumerate() {
        for (writer, clock) in &stores {
            let stamp = lookup(writer, "unused").await.stamp();
            let answer = BufferedResponse::new(http::StatusCode::OK, &http::HeaderMap::new(), b"");
            let entry = || {
                let entry = StoredResponse::new(Key::new("key"), answer.clone(), stamp, clock.now(), MINUTE);
                entry.with_tags([Tag::named("", "x")]).into()
            };
            writer.put(entry()).await.unwrap();
            for (reader, _) in &stores {
                assert!(!is_miss(reader, "key").await, "{number}: it is valid");
            }
            invalidating.invalidate(&[Target::tag("", "x")]).await.unwrap();
            writer.put(entry()).await.unwrap();
            for (reader, _) in &stores {
                assert!(is_miss(reader, "key").await, "{number}: it is older than the invalidation");
            }
        }
    }
}

/// A tag marker that puts write again with a new time would make all entries with the tag invalid.
#[tokio::test]
async fn entries_stay_valid_while_others_with_their_tag_are_put() {
    let Some(server) = RedisServer::start_with_clock("marker", &[]) else { return };
    let time = Time::stop(&server);
    let stores = [time.store(), time.store()];
    let put = async |store: &RedisStore, key: &str| {
        let stamp = lookup(store, "unused").await.stamp();
        let answer = BufferedResponse::new(http::StatusCode::OK, &http::HeaderMap::new(), b"");
        let entry = StoredResponse::new(Key::new(key), answer, stamp, time.clock.now(), HOUR);
        store.put(entry.with_tags([Tag::named("", "x")]).into()).await.unwrap();
    };
    stores[0].invalidate(&[Target::tag("", "x")]).await.unwrap();
    put(&stores[0], "first").await;
    for round in 0..20 {
        time.advance(MINUTE);
        let store = &stores[round % 2];
        put(store, &format!("other {round}")).await;
        store.invalidate(&[Target::tag("", "y")]).await.unwrap();
        assert!(!is_miss(store, "first").await, "round {round}");
    }
}

/// The numbers of tags are dropped as a whole, an age after they were written.
#[tokio::test]
async fn numbers_that_are_dropped_revive_no_entry_and_keep_young_ones() {
    let Some(server) = RedisServer::start_with_clock("horizon", &[]) else { return };
    let time = Time::stop(&server);
    let store = || {
        let builder = RedisStore::builder(server.url()).clock(time.clock.clock()).horizon(MINUTE);
        builder.budget(Duration::from_millis(250)).build().unwrap()
    };
    let (store, other) = (store(), store());
    let put = async |key: &str, tag: &str, stamp, keep: Duration| {
        let answer = BufferedResponse::new(http::StatusCode::OK, &http::HeaderMap::new(), b"");
        let entry = StoredResponse::new(Key::new(key), answer, stamp, time.clock.now(), keep);
        store.put(entry.with_tags([Tag::named("", tag)]).into()).await.unwrap();
    };
    let old = lookup(&store, "unused").await.stamp();
    store.invalidate(&[Target::tag("", "x"), Target::pattern("", "*")]).await.unwrap();
    for round in 0..12 {
        time.advance(20 * SECOND);
        // Each invalidation may drop numbers.
        let before = lookup(&store, "unused").await.stamp();
        put("young", &format!("young {round}"), before, HOUR).await;
        other.invalidate(&[Target::tag("", &format!("other {round}"))]).await.unwrap();
        put("old", "x", old, HOUR).await;
        for store in [&store, &other] {
            assert!(is_miss(store, "old").await, "round {round}");
            assert!(!is_miss(store, "young").await, "round {round}");
        }
        other.invalidate(&[Target::tag("", &format!("young {round}"))]).await.unwrap();
        assert!(is_miss(&store, "young").await, "round {round}");
    }
    // Nothing is kept for longer than its numbers.
    let stamp = lookup(&store, "unused").await.stamp();
    put("long", "z", stamp, HOUR).await;
    time.advance(MINUTE + SECOND);
    assert!(is_miss(&other, "long").await);
}
