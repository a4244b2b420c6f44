//! The metrics of a cache.

use std::sync::atomic::Ordering;

use routekit::{Clock, ManualClock, cache::Cache, config::Config, prelude::*};

use super::{Elsewhere, item, start, usual};

const ITEMS: &str = r#"http_request_method="GET",http_route="/stats/items/{id}""#;

fn assert_lines(text: &str, expected: &[String]) {
    for line in expected {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

/// The request series with these counts.
fn requests(labels: &str, counts: [u64; 4]) -> Vec<String> {
    let results = ["hit", "miss", "stale", "bypass"].into_iter().zip(counts);
    results
        .map(|(result, count)| format!(r#"routekit_cache_requests_total{{{labels},result="{result}"}} {count}"#))
        .collect()
}

#[test]
fn cache_series_exist_from_the_start() {
    let app = start(Cache::builder());
    let text = app.metrics();
    for labels in [
        ITEMS,
        r#"http_request_method="GET",http_route="/stats/pages/{name}""#,
        r#"source="layers""#,
        r#"source="program""#,
    ] {
        assert_lines(&text, &requests(labels, [0; 4]));
        let others = ["sets", "refreshes"].map(|name| format!("routekit_cache_{name}_total{{{labels}}} 0"));
        assert_lines(&text, &others);
    }
    let put = r#"http_request_method="PUT",http_route="/stats/items/{id}""#;
    assert_lines(
        &text,
        &[
            format!("routekit_cache_invalidations_total{{{put}}} 0"),
            r#"routekit_cache_invalidations_total{source="program"} 0"#.to_owned(),
            "routekit_cache_evictions_total 0".to_owned(),
            "routekit_cache_flushes_total 0".to_owned(),
            "routekit_cache_entries 0".to_owned(),
            "routekit_cache_bytes 0".to_owned(),
            "routekit_cache_up 1".to_owned(),
        ],
    );
    assert!(!text.contains(&format!("routekit_cache_requests_total{{{put}")), "it is not cached");
    crate::process::promtool_accepts(&text);
}

#[tokio::test]
async fn cache_series_are_current_at_each_scrape() {
    let app = start(Cache::builder());
    for round in 1..=2 {
        usual(&app).await;
        assert_eq!(app.post("/stats/flush").send().await.status(), 200);
        for text in [app.metrics(), app.metrics(), app.admin().get("/metrics").send().await.text().to_owned()] {
            assert_lines(&text, &requests(ITEMS, [2 * round, 3 * round, 0, 2 * round]));
            assert_lines(
                &text,
                &[
                    format!("routekit_cache_sets_total{{{ITEMS}}} {}", 3 * round),
                    format!(
                        "routekit_cache_invalidations_total\
                         {{http_request_method=\"PUT\",http_route=\"/stats/items/{{id}}\"}} {round}"
                    ),
                    format!(r#"routekit_cache_invalidations_total{{source="program"}} {round}"#),
                    "routekit_cache_entries 2".to_owned(),
                    "routekit_cache_up 1".to_owned(),
                ],
            );
            crate::process::promtool_accepts(&text);
        }
    }
}

#[tokio::test]
async fn remote_store_is_asked_for_its_size_on_a_scrape() {
    let clock = ManualClock::new();
    let (store, away) = Elsewhere::new(&clock);
    let app = start(Cache::builder().store(store).clock(clock.clock()));
    assert!(!app.metrics().contains("routekit_cache_up"), "unknown before the first scrape");
    usual(&app).await;
    let scrape = async || app.admin().get("/metrics").send().await.text().to_owned();
    assert_lines(&scrape().await, &["routekit_cache_up 1".to_owned(), "routekit_cache_entries 2".to_owned()]);
    away.store(true, Ordering::Relaxed);
    let text = scrape().await;
    assert_lines(&text, &["routekit_cache_up 0".to_owned(), "routekit_cache_entries 2".to_owned()]);
    assert_lines(&text, &requests(ITEMS, [2, 3, 0, 2]));
    crate::process::promtool_accepts(&text);
}

/// The counts of an app that was dropped have been recorded, and no task waits for more.
#[tokio::test]
async fn cache_counts_reach_the_program_s_recorder() {
    use tower::ServiceExt;
    let theirs = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let app = || App::with_routes(routes![item]).config(Config::default());
    let router = metrics::with_local_recorder(&theirs, || app().into_router().unwrap());
    for _ in 0..2 {
        let answer = router.clone().oneshot(crate::wire::get("/stats/items/1")).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    // A thread copies them once a second, in real time.
    let hit = &requests(ITEMS, [1, 1, 0, 0])[0];
    let began = Clock::system().now();
    while !theirs.handle().render().lines().any(|line| line == hit) {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{}", theirs.handle().render());
        tokio::task::yield_now().await;
    }
}
