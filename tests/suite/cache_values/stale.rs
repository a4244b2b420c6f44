//! What is no longer fresh is given at once, and filled anew by nobody's request.

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::*;

const WINDOW: Duration = Duration::from_secs(30);

fn stale() -> CacheOptions {
    options().tags(["tag"]).stale_while_revalidate(WINDOW)
}

#[tokio::test(start_paused = true)]
async fn a_hundred_are_given_the_old_one_and_one_fill_replaces_it() {
    on_both(async |cache, clock| {
        let runs = Runs::default();
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 1);
        clock.advance(MINUTE);
        let start = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..100 {
            let (cache, runs) = (cache.clone(), runs.clone());
            callers.spawn(async move { ask(&cache, "key", &stale(), &runs).await });
        }
        assert!(callers.join_all().await.iter().all(|value| *value == 1));
        assert_eq!(start.elapsed(), Duration::ZERO, "nobody waits");
        sleep(2 * FILL).await;
        assert_eq!((cache.get("key").await.unwrap(), runs.count()), (Some(2), 2));
        assert_eq!(cache.ttl("key").await.unwrap(), Some(MINUTE));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_window_has_an_end() {
    on_both(async |cache, clock| {
        let runs = Runs::default();
        ask(&cache, "key", &stale(), &runs).await;
        clock.advance(MINUTE + WINDOW);
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 2);
        // The shorter one counts: that of whoever kept it, or of whoever asks.
        clock.advance(MINUTE + WINDOW / 2);
        assert_eq!(ask(&cache, "key", &stale().stale_while_revalidate(WINDOW / 2), &runs).await, 3);
        clock.advance(MINUTE);
        assert_eq!(ask(&cache, "key", &options(), &runs).await, 4, "whoever does not say so wants a fresh one");
        clock.advance(MINUTE);
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 5);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_invalid_is_never_given() {
    on_both(async |cache, clock| {
        let runs = Runs::default();
        for (n, what) in ["key", "tag", "pattern", "clear"].iter().enumerate() {
            assert_eq!(ask(&cache, "key", &stale(), &runs).await, 2 * n + 1);
            clock.advance(MINUTE);
            match *what {
                "key" => cache.invalidate("key").await.unwrap(),
                "tag" => cache.invalidate_tag("tag").await.unwrap(),
                "pattern" => cache.invalidate_pattern("k*").await.unwrap(),
                _ => cache.clear().await.unwrap(),
            }
            assert_eq!(ask(&cache, "key", &stale(), &runs).await, 2 * n + 2, "{what}");
            cache.invalidate("key").await.unwrap();
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn without_a_spawner_it_is_filled_first() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build();
    let runs = Runs::default();
    ask(&cache, "key", &stale(), &runs).await;
    clock.advance(MINUTE);
    assert_eq!(ask(&cache, "key", &stale(), &runs).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_fill_that_fails_leaves_the_old_one_until_another_succeeds() {
    on_both(async |cache, clock| {
        let runs = Runs::default();
        ask(&cache, "key", &stale(), &runs).await;
        clock.advance(MINUTE);
        let failing = async |panics: bool| {
            let runs = runs.clone();
            let fill = async move || {
                runs.next();
                assert!(!panics, "as it should");
                Err::<usize, _>(Failed)
            };
            cache.get_or_fill("key", &stale(), fill).await
        };
        for (n, panics) in [false, true, false].into_iter().enumerate() {
            assert_eq!((failing(panics).await, runs.count()), (Ok(1), n + 1));
            sleep(FILL).await;
            assert_eq!(runs.count(), n + 2);
        }
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 1);
        sleep(2 * FILL).await;
        assert_eq!(cache.get("key").await.unwrap(), Some(5));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_fill_in_the_background_that_hangs_is_given_up() {
    on_both(async |cache, clock| {
        let runs = Runs::default();
        ask(&cache, "key", &stale(), &runs).await;
        clock.advance(MINUTE);
        let hangs = async || std::future::pending::<Result<usize, Failed>>().await;
        assert_eq!(cache.get_or_fill("key", &stale(), hangs).await, Ok(1));
        sleep(Duration::from_secs(31)).await;
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 1);
        sleep(2 * FILL).await;
        assert_eq!(cache.get("key").await.unwrap(), Some(2));
    })
    .await;
}
