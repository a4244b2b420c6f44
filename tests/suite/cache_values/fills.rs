//! Coalesced fills of values: one fill for simultaneous callers, and a value for every caller however a fill ends.

use std::{future::pending, sync::atomic::Ordering};

use routekit::cache::ValueError;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{wrapped::Wrapped, *};

const CALLERS: usize = 1000;

/// The values that simultaneous callers get, and the time it takes.
async fn ask_at_once(cache: &Cache, runs: &Runs) -> (Vec<usize>, Duration) {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (cache, runs) = (cache.clone(), runs.clone());
        callers.spawn(async move { ask(&cache, "key", &options(), &runs).await });
    }
    (callers.join_all().await, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn simultaneous_misses_are_one_fill() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        for _ in 0..2 {
            let (values, took) = ask_at_once(&cache, &runs).await;
            assert!(values.iter().all(|value| *value == 1));
            assert!(took <= FILL);
        }
        assert_eq!(runs.count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_misses_are_one_fill_on_threads_while_others_are_invalidated() {
    let cache = builder(&Clock::system()).build();
    let other = cache.clone();
    let others = tokio::spawn(async move {
        for n in 0.. {
            other.invalidate_tag(&format!("other:{n}")).await.unwrap();
            other.invalidate(&format!("other:{n}")).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..20 {
        let runs = Runs::default();
        ask_at_once(&cache, &runs).await;
        assert_eq!(runs.count(), 1);
        cache.invalidate("key").await.unwrap();
    }
    others.abort();
}

/// How a fill ends that other callers wait for.
#[derive(Clone, Copy)]
enum End {
    Fails,
    Panics,
    Hangs,
}

async fn end(cache: Cache, end: End, runs: Runs) -> Result<usize, Failed> {
    let fill = async move || {
        runs.next();
        sleep(FILL).await;
        match end {
            End::Fails => Err(Failed),
            End::Panics => panic!("as it should"),
            End::Hangs => pending().await,
        }
    };
    cache.get_or_fill("key", &options(), fill).await
}

#[tokio::test(start_paused = true)]
async fn waiters_of_a_failed_fill_share_its_error() {
    on_both(async |cache, _| {
        let (runs, start) = (Runs::default(), Instant::now());
        let callers: JoinSet<_> = (0..50).map(|_| end(cache.clone(), End::Fails, runs.clone())).collect();
        assert_eq!(callers.join_all().await, vec![Err(Failed); 50]);
        assert_eq!((runs.count(), start.elapsed()), (1, FILL));
        assert_eq!(end(cache.clone(), End::Fails, runs.clone()).await, Err(Failed));
        assert_eq!(runs.count(), 2, "it is not kept");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn waiter_whose_error_is_of_another_type_fills_alone() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        let first = tokio::spawn(end(cache.clone(), End::Fails, runs.clone()));
        sleep(FILL / 2).await;
        let fill = async move || Err::<usize, _>("another error");
        assert_eq!(cache.get_or_fill("key", &options(), fill).await, Err("another error"));
        assert_eq!(first.await.unwrap(), Err(Failed));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn waiters_of_a_panicking_fill_share_the_fill_of_one_of_them() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        let first = tokio::spawn(end(cache.clone(), End::Panics, runs.clone()));
        sleep(FILL / 2).await;
        let (values, took) = ask_at_once(&cache, &runs).await;
        assert_eq!((runs.count(), took), (2, FILL / 2 + FILL));
        assert!(values.iter().all(|value| *value == 2));
        assert!(first.await.unwrap_err().is_panic());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn waiters_of_two_panicking_fills_fill_at_the_same_time() {
    on_both(async |cache, _| {
        let (runs, start) = (Runs::default(), Instant::now());
        let mut callers: JoinSet<_> = (0..50).map(|_| end(cache.clone(), End::Panics, runs.clone())).collect();
        while let Some(ended) = callers.join_next().await {
            assert!(ended.unwrap_err().is_panic());
        }
        assert_eq!((runs.count(), start.elapsed()), (50, 3 * FILL));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn caller_after_an_invalidation_does_not_wait_for_a_fill_from_before() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        let (old, of_first) = (cache.clone(), runs.clone());
        let options = options().tags(["tag"]);
        let of_old = options.clone();
        let first = tokio::spawn(async move {
            let fill = async move || {
                of_first.next();
                sleep(3 * FILL).await;
                Ok::<_, Failed>(1)
            };
            old.get_or_fill("key", &of_old, fill).await
        });
        sleep(FILL).await;
        cache.invalidate_tag("tag").await.unwrap();
        let start = Instant::now();
        assert_eq!((ask(&cache, "key", &options, &runs).await, start.elapsed()), (2, FILL));
        assert_eq!(first.await.unwrap(), Ok(1));
        assert_eq!(cache.get("key").await.unwrap(), Some(2), "the older value does not replace it");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn failed_fill_leaves_no_uncacheable_mark() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        assert_eq!(end(cache.clone(), End::Fails, runs.clone()).await, Err(Failed));
        ask_at_once(&cache, &runs).await;
        assert_eq!(runs.count(), 2, "those who come then are one fill");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn waiters_of_a_hanging_fill_give_up_after_30_seconds() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        let first = tokio::spawn(end(cache.clone(), End::Hangs, runs.clone()));
        sleep(FILL).await;
        let start = Instant::now();
        assert_eq!(ask(&cache, "key", &options(), &runs).await, 2);
        assert_eq!(start.elapsed(), Duration::from_secs(30));
        assert_eq!(ask(&cache, "key", &options(), &runs).await, 2, "it is kept");
        assert!(!first.is_finished(), "the caller of the fill goes on waiting");
        first.abort();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_fill_is_returned_and_stored() {
    on_both(async |cache, clock| {
        let fill = async || {
            sleep(Duration::from_secs(45)).await;
            Ok::<_, Failed>("late".to_owned())
        };
        assert_eq!(cache.get_or_fill("key", &options(), fill).await.as_deref(), Ok("late"));
        assert_eq!(cache.get::<String>("key").await.unwrap().as_deref(), Some("late"));
        clock.advance(MINUTE);

        // A value that is set meanwhile stays.
        let fill = async || {
            sleep(Duration::from_secs(45)).await;
            Ok::<_, Failed>("old".to_owned())
        };
        let slow = tokio::spawn({
            let cache = cache.clone();
            async move { cache.get_or_fill("key", &options(), fill).await }
        });
        sleep(Duration::from_secs(40)).await;
        cache.set("key", "new", &options()).await.unwrap();
        assert_eq!(slow.await.unwrap().as_deref(), Ok("old"));
        assert_eq!(cache.get::<String>("key").await.unwrap().as_deref(), Some("new"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fill_continues_when_its_caller_leaves() {
    on_both(async |cache, _| {
        let runs = Runs::default();
        let begin = |runs: &Runs| {
            let (cache, runs) = (cache.clone(), runs.clone());
            tokio::spawn(async move { ask(&cache, "key", &options(), &runs).await })
        };
        let first = begin(&runs);
        sleep(FILL / 4).await;
        let second = begin(&runs);
        sleep(FILL / 4).await;
        first.abort();
        assert_eq!((second.await.unwrap(), runs.count()), (1, 1));

        // Also where no caller waits: a later caller finds the value.
        cache.invalidate("key").await.unwrap();
        let alone = begin(&runs);
        sleep(FILL / 2).await;
        alone.abort();
        sleep(FILL).await;
        assert_eq!((cache.get("key").await.unwrap(), runs.count()), (Some(2), 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn without_a_spawner_a_waiter_restarts_the_fill() {
    let cache = Cache::builder().clock(ManualClock::new().clock()).build();
    let runs = Runs::default();
    let begin = || {
        let (cache, runs) = (cache.clone(), runs.clone());
        tokio::spawn(async move { ask(&cache, "key", &options(), &runs).await })
    };
    let first = begin();
    sleep(FILL / 2).await;
    let others = [begin(), begin(), begin()];
    sleep(FILL / 4).await;
    first.abort();
    for other in others {
        assert_eq!(other.await.unwrap(), 1);
    }
    assert_eq!(runs.count(), 1, "the first got no further");
}

#[tokio::test(start_paused = true)]
async fn failing_store_costs_only_the_hit() {
    let clock = ManualClock::new();
    let store = Wrapped::new(clock.clock());
    let cache = builder(&clock.clock()).store(store.clone()).build();
    let runs = Runs::default();
    assert_eq!(ask(&cache, "key", &options(), &runs).await, 1);
    store.fails.store(true, Ordering::SeqCst);
    assert_eq!(ask(&cache, "key", &options(), &runs).await, 2);
    let (values, took) = ask_at_once(&cache, &runs).await;
    assert_eq!((values.len(), took), (CALLERS, FILL));
    assert!(matches!(cache.get::<usize>("key").await, Err(ValueError::Store(_))));
    assert!(matches!(cache.set("key", &1, &options()).await, Err(ValueError::Store(_))));
    assert!(cache.exists("key").await.is_err() && cache.ttl("key").await.is_err());
    assert!(cache.invalidate("key").await.is_err());
    store.fails.store(false, Ordering::SeqCst);
    assert_eq!(cache.get("key").await.unwrap(), Some(1));

    // The store fails during the fill.
    cache.invalidate("key").await.unwrap();
    let fails = store.fails.clone();
    let fill = async move || {
        fails.store(true, Ordering::SeqCst);
        Ok::<_, Failed>(7)
    };
    assert_eq!(cache.get_or_fill("key", &options(), fill).await, Ok(7));
}
