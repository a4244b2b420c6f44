//! Compressed bodies that a store outside the process has damaged.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use flate2::{Compression, Crc, write::GzEncoder};
use http::{HeaderMap, StatusCode};
use routekit::{
    Clock, ManualClock,
    cache::{CacheStore, Embedded, Entry, EntryParts, Key, Lookup, Stamp, StoreFuture, StoreSize, Target},
    prelude::*,
    test::TestApp,
};
use serde_json::{Value, json};

use super::{GZIP, IDENTITY, body, get, text};
use crate::support::{Runs, exact};

/// How the next entries are damaged. The checksum is that of the damaged bytes, as if another program had written them.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    /// The content is not gzip.
    NotGzip,
    Truncated,
    /// It is longer than stated.
    Bomb,
    /// It is shorter than stated.
    Short,
    /// One byte is another, and so is the checksum at the end of the content.
    Flipped,
}

/// Passes entries on in parts, and damages them.
struct Damaging {
    within: Embedded,
    clock: Clock,
    damage: Arc<Mutex<Damage>>,
}

impl Damaging {
    fn damaged(&self, entry: Entry) -> Entry {
        let damage = *self.damage.lock().unwrap();
        let mut parts = serde_json::to_value(entry.clone().into_parts(&self.clock)).unwrap();
        if matches!(damage, Damage::None) || parts["head"]["content"]["Response"]["gzip"] == Value::Null {
            return entry;
        }
        let gzip: Vec<u8> = serde_json::from_value(parts["body"].take()).unwrap();
        let bytes = match damage {
            Damage::None => gzip,
            Damage::NotGzip => text(0).into_bytes(),
            Damage::Truncated => gzip[..gzip.len() / 2].to_vec(),
            Damage::Bomb => packed(&vec![b'a'; 32 << 20]),
            Damage::Short => packed(b"short"),
            Damage::Flipped => {
                let mut gzip = gzip;
                let middle = gzip.len() / 2;
                gzip[middle] ^= 0x10;
                gzip
            }
        };
        let mut crc = Crc::new();
        crc.update(&bytes);
        parts["head"]["content"]["Response"]["gzip"]["checksum"] = json!(crc.sum());
        parts["body"] = json!(bytes);
        let parts: EntryParts = serde_json::from_value(parts).unwrap();
        Entry::from_parts(parts, &self.clock).unwrap()
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl CacheStore for Damaging {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        self.within.lookup(key)
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.within.put(self.damaged(entry))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.within.is_valid(entry)
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        self.within.invalidate(targets)
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        self.within.clear()
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.within.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.within.health()
    }
}

#[get("/packed/damaged", cache(ttl = 60, compress_stored, stale_if_error = 600))]
async fn damaged(headers: HeaderMap, runs: Dep<Runs>) -> Response {
    match runs.next() {
        9.. => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ if headers.contains_key("if-none-match") => StatusCode::NOT_MODIFIED.into_response(),
        run => ([("etag", "\"1\"")], text(run)).into_response(),
    }
}

fn start(damage: Damage) -> (TestApp, Arc<Mutex<Damage>>, Runs, ManualClock) {
    let (clock, damage, runs) = (ManualClock::new(), Arc::new(Mutex::new(damage)), Runs::default());
    let within = Embedded::new(1 << 26).clock(clock.clock());
    let store = Damaging { within, clock: clock.clock(), damage: Arc::clone(&damage) };
    let app = App::with_routes(routes![damaged]).cache(exact().store(store)).provide(runs.clone());
    (TestApp::builder(app).clock(clock.clock()).build(), damage, runs, clock)
}

#[tokio::test]
async fn damaged_body_is_a_miss_and_is_replaced() {
    for damage in [Damage::NotGzip, Damage::Truncated, Damage::Bomb, Damage::Short, Damage::Flipped] {
        let (app, current, runs, _) = start(damage);
        get(&app, "/packed/damaged", IDENTITY).await;
        for range in [None, Some("bytes=0-0")] {
            let request = app.get("/packed/damaged");
            let answer = range.into_iter().fold(request, |request, range| request.header("range", range)).send().await;
            let outcome = if range.is_some() { "BYPASS" } else { "MISS" };
            assert_eq!((answer.status(), answer.header("x-cache")), (StatusCode::OK, Some(outcome)), "{damage:?}");
            assert_eq!(body(&answer), (text(runs.count()), false), "{damage:?}");
        }
        *current.lock().unwrap() = Damage::None;
        let made = get(&app, "/packed/damaged", IDENTITY).await;
        assert_eq!(made.header("x-cache"), Some("MISS"), "{damage:?}");
        for accept in [IDENTITY, GZIP] {
            let hit = get(&app, "/packed/damaged", accept).await;
            assert_eq!(hit.header("x-cache"), Some("HIT"), "{damage:?}: it is replaced");
            assert_eq!(body(&hit), (text(runs.count()), accept == GZIP), "{damage:?}");
        }
    }
}

/// A stale one cannot stand in for a failure, and is not confirmed.
#[tokio::test]
async fn damaged_stale_body_is_not_used() {
    let (app, _, runs, clock) = start(Damage::Truncated);
    get(&app, "/packed/damaged", IDENTITY).await;
    clock.advance(Duration::from_secs(70));
    runs.set(8);
    let failed = get(&app, "/packed/damaged", IDENTITY).await;
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    runs.set(1);
    let made = get(&app, "/packed/damaged", IDENTITY).await;
    assert_eq!(body(&made), (text(3), false), "a 304 confirms nothing that can be read");
}

#[tokio::test]
async fn entries_as_bytes_keep_their_form() {
    let clock = ManualClock::new();
    let store = crate::stores::Plain::serialising(clock.clock());
    let app = App::with_routes(routes![damaged]).cache(exact().store(store)).provide(Runs::default());
    let app = TestApp::builder(app).clock(clock.clock()).build();
    get(&app, "/packed/damaged", IDENTITY).await;
    assert_eq!(body(&get(&app, "/packed/damaged", GZIP).await), (text(1), true));
    assert_eq!(body(&get(&app, "/packed/damaged", IDENTITY).await), (text(1), false));
}
