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
        Cache, CacheBuilder, CacheStore, Entry, InvalidateLayer, Key, Lookup, Stamp, StoreError, StoreFuture,
        StoreSize, Target,
    },
    prelude::*,
};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::{Told, change, change_wanted, event, exact, idle, start};
use crate::{logs, stores::Plain, support::SECOND};

/// Runs the future and returns the logged events that no listener received.
fn untold<T>(action: impl Future<Output = T>) -> (T, Vec<String>) {
    let (value, lines) = logs::caught_on_paused_time(action);
    let lines = lines.into_iter().filter(|line| line.of.starts_with("routekit::cache::events"));
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
                idle().await;
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

/// A cache with a listener that takes a permit of the semaphore in each call.
fn gated() -> (Cache, Told, Arc<Semaphore>) {
    let (told, gate) = (Told::default(), Arc::new(Semaphore::new(0)));
    let (captured, open) = (told.clone(), Arc::clone(&gate));
    let cache = exact().spawner(Spawner::tokio()).on_invalidate(async move |event| {
        captured.add(&event);
        open.acquire().await.unwrap().forget();
    });
    (cache.build(), told, gate)
}

#[tokio::test(start_paused = true)]
async fn invalidations_during_a_call_reach_the_next_call_once_and_in_order() {
    let (cache, told, gate) = gated();
    cache.invalidate_tag("first").await.unwrap();
    assert_eq!(told.take().await, [r#"tags ["first"]"#]);
    for tag in ["c", "a", "c", "first", "a", "b"] {
        cache.invalidate_tag(tag).await.unwrap();
    }
    cache.partition("acme").invalidate_tag("a").await.unwrap();
    assert!(told.take().await.is_empty(), "one call at a time");
    gate.add_permits(9);
    assert_eq!(told.take().await, [r#"tags ["c", "a", "first", "b"]"#, r#"tags ["a"], in the partition "acme""#]);
    cache.invalidate_tag("later").await.unwrap();
    assert_eq!(told.take().await, [r#"tags ["later"]"#]);
}

#[test]
fn call_that_hangs_is_ended_after_30_seconds_and_the_next_is_made() {
    let (told, lines) = untold(async {
        let (cache, told, gate) = gated();
        cache.invalidate_tag("hangs").await.unwrap();
        idle().await;
        cache.invalidate_tag("next").await.unwrap();
        tokio::time::sleep(29 * SECOND).await;
        assert_eq!(told.take().await, [r#"tags ["hangs"]"#]);
        tokio::time::sleep(SECOND).await;
        gate.add_permits(1);
        told.take().await
    });
    assert_eq!(told, [r#"tags ["next"]"#]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("longer than 30 seconds") && lines[0].contains(r#"tags ["hangs"]"#), "{lines:?}");
}

#[test]
fn more_than_1024_waiting_targets_become_one_event_for_everything() {
    let (told, lines) = untold(async move {
        let (cache, told, gate) = gated();
        cache.invalidate_tag("first").await.unwrap();
        idle().await;
        for n in 0..130_000 {
            cache.invalidate_tag(&(n % 1024).to_string()).await.unwrap();
        }
        gate.add_permits(1);
        let named = told.take().await;
        assert_eq!(named[0], r#"tags ["first"]"#);
        assert!(named[1].starts_with(r#"tags ["0", "1", "#) && named[1].ends_with(r#""1023"]"#), "{}", named[1]);
        for n in 0..130_000 {
            cache.invalidate_tag(&n.to_string()).await.unwrap();
        }
        gate.add_permits(9);
        told.take().await
    });
    assert_eq!(told, ["everything"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("more than 1024 targets wait"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn response_waits_for_a_listener_within_its_limit() {
    for (name, listener_takes, response_takes) in [("fast", 2, 2), ("slow", 20, 5)] {
        let told = Told::default();
        let captured = told.clone();
        let app = App::with_routes(routes![event, change, change_wanted]).cache(exact());
        let app = start(app.on_invalidate_wait(5 * SECOND, async move |event| {
            tokio::time::sleep(listener_takes * SECOND).await;
            captured.add(&event);
        }));
        let began = tokio::time::Instant::now();
        assert_eq!(app.post("/events/7").send().await.status(), 200);
        assert_eq!(began.elapsed().as_secs(), response_takes, "{name}");
        tokio::time::sleep((listener_takes - u32::try_from(response_takes).unwrap()) * SECOND).await;
        assert_eq!(told.take().await, [r#"paths ["/events/7", "/events/8"]"#], "{name}: the call goes on");
    }
}

#[test]
fn call_that_ends_with_its_caller_is_logged() {
    let ((), lines) = untold(async {
        let cache = exact().on_invalidate(async |_event| pending().await).build();
        let mut left = Box::pin(cache.invalidate_tag("a"));
        let waits = tokio::select! { biased; _ = &mut left => false, () = idle() => true };
        assert!(waits);
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("it was dropped") && lines[0].contains(r#"tags ["a"]"#), "{lines:?}");
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
