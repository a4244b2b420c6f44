//! Listeners that are slow, panic or cannot run.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request, routing};
use routekit::{
    ManualClock, Spawner,
    cache::{
        CacheBuilder, CacheStore, Entry, InvalidateLayer, Key, Lookup, Stamp, StoreError, StoreFuture, StoreSize,
        Target,
    },
    prelude::*,
};
use tower::ServiceExt;

use super::{Told, change, change_wanted, event, exact, idle, start};
use crate::{logs, stores::Plain};

/// Runs the future and returns the logged events that no listener received.
fn untold<T>(action: impl Future<Output = T>) -> (T, Vec<String>) {
    let (value, lines) = logs::caught_on_paused_time(action);
    let lines = lines.into_iter().filter(|line| line.of == "routekit::cache::events::listeners");
    (value, lines.map(|line| line.fields.join(" ")).collect())
}

#[test]
fn requests_do_not_wait_for_listeners() {
    let (status, lines) = untold(async {
        let app = App::with_routes(routes![event, change, change_wanted])
            .cache(exact())
            .on_invalidate(async |_event| pending().await);
        let status = start(app).post("/events/7").send().await.status();
        idle().await;
        status
    });
    assert_eq!(status, 200);
    // The runtime ends.
    assert!(lines.is_empty() || lines[0].contains("it was dropped"), "{lines:?}");
}

#[test]
fn panicking_listener_affects_only_itself() {
    for (name, cache) in [("on a task", exact().spawner(Spawner::tokio())), ("while the caller waits", exact())] {
        let told = Told::default();
        let captured = told.clone();
        let panics = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&panics);
        let (told, lines) = untold(async move {
            let cache = cache.on_invalidate(async move |_event| {
                counted.fetch_add(1, Ordering::SeqCst);
                panic!("as it should");
            });
            let cache = cache.on_invalidate(async move |event| captured.add(&event)).build();
            for tag in ["a", "b"] {
                cache.invalidate_tag(tag).await.unwrap();
            }
            told.take().await
        });
        assert_eq!(told, [r#"tags ["a"]"#, r#"tags ["b"]"#], "{name}: others are told");
        assert_eq!(panics.load(Ordering::SeqCst), 2, "{name}: it is called again");
        assert_eq!(lines.len(), 2, "{name}: {lines:?}");
        for (line, tag) in lines.iter().zip(["a", "b"]) {
            assert!(
                line.contains("it panicked") && line.contains(&format!(r#"what=tags ["{tag}"]"#)),
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn deliveries_beyond_1024_are_dropped_and_logged() {
    let called = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&called);
    let ((), lines) = untold(async move {
        // Tasks that never run count as well.
        let cache = exact().spawner(Spawner::new(std::mem::forget)).on_invalidate(async move |_event| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let cache = cache.build();
        for n in 0..1026 {
            cache.invalidate_tag(&n.to_string()).await.unwrap();
        }
    });
    assert_eq!(called.load(Ordering::SeqCst), 0);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains(r#"tags ["1024"]"#) && lines[1].contains(r#"tags ["1025"]"#), "{lines:?}");
}

#[test]
fn dropped_delivery_is_logged() {
    let ((), lines) = untold(async {
        let cache = exact().spawner(Spawner::new(drop)).on_invalidate(async |_event| {}).build();
        cache.invalidate_tag("a").await.unwrap();
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("it was dropped") && lines[0].contains(r#"tags ["a"]"#), "{lines:?}");
}

#[test]
fn event_without_a_spawner_or_waiter_is_logged() {
    let (told, lines) = untold(async {
        let told = Told::default();
        let captured = told.clone();
        let cache = exact().on_invalidate(async move |event| captured.add(&event)).build();
        let handler = routing::post(async || pending::<()>().await).layer(InvalidateLayer::new(cache).tags(["x"]));
        let router: Router = Router::new().route("/a", handler);
        let mut left = Box::pin(router.oneshot(Request::post("/a").body(Body::empty()).unwrap()));
        let waits = tokio::select! { biased; _ = &mut left => false, () = idle() => true };
        assert!(waits);
        drop(left);
        told.take().await
    });
    assert!(told.is_empty());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("no task waits") && lines[0].contains(r#"tags ["x"], paths ["/a"]"#), "{lines:?}");
}

/// A store that fails every invalidation.
struct Broken(Plain);

impl CacheStore for Broken {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        self.0.lookup(key)
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.0.put(entry)
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.0.is_valid(entry)
    }

    fn invalidate<'a>(&'a self, _: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(async { Err(StoreError::new("gone")) })
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        Box::pin(async { Err(StoreError::new("gone")) })
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.0.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.0.health()
    }
}

/// A response that is still valid here must not be purged from a CDN, which would store it again from here.
#[tokio::test(start_paused = true)]
async fn failed_invalidation_emits_no_event() {
    let told = Told::default();
    let listening = |builder: CacheBuilder| {
        let captured = told.clone();
        builder.spawner(Spawner::tokio()).on_invalidate(async move |event| captured.add(&event)).build()
    };
    let broken = listening(exact().store(Broken(Plain::new(ManualClock::new().clock()))));
    assert!(broken.invalidate_tag("a").await.is_err());
    assert!(broken.clear().await.is_err());
    assert!(told.take().await.is_empty());
    let slow = listening(exact().store(Plain::new(ManualClock::new().clock())));
    slow.invalidate_tag("a").await.unwrap();
    assert_eq!(told.take().await, [r#"tags ["a"]"#]);
}
