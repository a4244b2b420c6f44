//! Stale values are returned at once and refreshed in the background.

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
async fn stale_value_serves_100_callers_and_one_refresh() {
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
        assert_eq!(start.elapsed(), Duration::ZERO, "no caller waits");
        sleep(2 * FILL).await;
        assert_eq!((cache.get("key").await.unwrap(), runs.count()), (Some(2), 2));
        assert_eq!(cache.ttl("key").await.unwrap(), Some(MINUTE));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn value_stale_beyond_its_window_is_filled() {
    on_both(async |cache, clock| {
        let runs = Runs::default();
        ask(&cache, "key", &stale(), &runs).await;
        clock.advance(MINUTE + WINDOW);
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 2);
        // The shorter of the two windows counts: that of the stored value and that of the caller.
        clock.advance(MINUTE + WINDOW / 2);
        assert_eq!(ask(&cache, "key", &stale().stale_while_revalidate(WINDOW / 2), &runs).await, 3);
        clock.advance(MINUTE);
        assert_eq!(ask(&cache, "key", &options(), &runs).await, 4, "by default a caller gets a fresh value");
        clock.advance(MINUTE);
        assert_eq!(ask(&cache, "key", &stale(), &runs).await, 5);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn invalidated_value_is_not_returned() {
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
async fn without_a_spawner_a_stale_value_is_filled_first() {
    let clock = ManualClock::new();
    let cache = Cache::builder().clock(clock.clock()).build();
    let runs = Runs::default();
    ask(&cache, "key", &stale(), &runs).await;
    clock.advance(MINUTE);
    assert_eq!(ask(&cache, "key", &stale(), &runs).await, 2);
}

#[tokio::test(start_paused = true)]
async fn failed_refresh_keeps_the_stale_value() {
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
async fn hanging_refresh_is_given_up() {
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

#[tokio::test(start_paused = true)]
async fn longest_durations_of_a_value_overflow_nothing() {
    on_both(async |cache, clock| {
        let options = CacheOptions::new().ttl(Duration::MAX).stale_while_revalidate(Duration::MAX);
        let runs = Runs::default();
        assert_eq!(ask(&cache, "key", &options, &runs).await, 1);
        clock.advance(Duration::from_secs(365 * 86_400));
        assert_eq!(ask(&cache, "key", &options, &runs).await, 1);
    })
    .await;
}
