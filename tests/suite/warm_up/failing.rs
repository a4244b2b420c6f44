//! Pages that fail or hang do not keep the app from starting.

use std::time::Duration;

use routekit::{cache::NoStore, prelude::*, test::TestApp};
use tokio::time::Instant;

use super::{not_stored, page, x_cache};
use crate::logs;

#[get("/w/fails/broken", cache(ttl = 60))]
async fn broken() -> Result<&'static str> {
    Err(Problem::internal("the disk is full"))
}

#[get("/w/fails/panics", cache(ttl = 60))]
async fn panics() -> &'static str {
    panic!("as it should")
}

#[get("/w/fails/slow", timeout = "1s", cache(ttl = 60))]
async fn slow() -> &'static str {
    std::future::pending().await
}

#[get("/w/fails/never", timeout = "1h", cache(ttl = 60))]
async fn never() -> &'static str {
    std::future::pending().await
}

#[get("/w/fails/private", cache(ttl = 60))]
async fn private() -> (NoStore, &'static str) {
    (NoStore, "private")
}

#[derive(serde::Deserialize, Validate)]
struct Search {
    q: String,
}

#[get("/w/fails/search", cache(ttl = 60))]
async fn search(search: Query<Search>) -> String {
    search.q.clone()
}

#[tokio::test(start_paused = true)]
async fn each_failed_page_is_reported() {
    let app = App::with_routes(routes![broken, panics, slow, private, search, page]).warm("/w/fails/search?q=tea");
    let app = TestApp::new(app);
    let report = app.warm_up().await;
    assert_eq!((report.pages, report.stored), (7, 2));
    let expected = [
        ("/w/fails/broken", None, Some(500), "answered 500 Internal Server Error"),
        ("/w/fails/panics", None, Some(500), "the handler panicked"),
        ("/w/fails/private", None, Some(200), "the response is not storable"),
        ("/w/fails/search", None, Some(400), "answered 400 Bad Request"),
        ("/w/fails/slow", None, Some(504), "the handler exceeded its timeout"),
    ];
    assert_eq!(not_stored(&report), expected);
    assert!(report.not_stored.iter().all(|page| page.correlation_id.is_some()), "{report:?}");
    assert_eq!(x_cache(&app, "/w/fails/search?q=tea", None).await.as_deref(), Some("HIT"));
}

#[tokio::test(start_paused = true)]
async fn warm_up_is_given_up_after_30_seconds() {
    let app = (0..5).fold(App::with_routes(routes![never, page]), |app, n| app.warm(format!("/w/fails/never?n={n}")));
    let app = TestApp::new(app.warm("/w/page?n=1"));
    let began = Instant::now();
    let report = app.warm_up().await;
    assert_eq!(began.elapsed().as_secs(), 30);
    // Four pages hang, and no other page got its turn.
    assert_eq!((report.pages, report.stored), (8, 0));
    for (_, _, status, why) in not_stored(&report) {
        assert_eq!((status, why), (None, "not answered within 30s"));
    }
}

#[test]
fn app_is_ready_without_failed_pages_and_logs_them() {
    let (ready, lines) = logs::caught(async {
        tokio::time::pause();
        let app = App::with_routes(routes![never, panics, search, page]).config(routekit::config::Config::default());
        let app = app.warm_host("shop.example");
        let readiness = app.readiness();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = tokio::spawn(app.serve_on(listener, std::future::pending()));
        tokio::time::sleep(Duration::from_secs(29)).await;
        assert_eq!(readiness.reasons(), ["warming up the cache"]);
        tokio::time::sleep(Duration::from_secs(2)).await;
        served.abort();
        readiness.is_ready()
    });
    assert!(ready);
    let of_warm_up: Vec<String> = lines
        .iter()
        .filter(|line| line.of.starts_with("routekit::app::warm_up"))
        .map(|line| line.fields.join(" "))
        .collect();
    let [all, never, panics, search] = of_warm_up.as_slice() else { panic!("{of_warm_up:#?}") };
    assert!(all.starts_with("message=warmed 1 of 4 pages in "), "{all}");
    for field in ["pages=4", "stored=1", "duration_ms=", "hosts=\"shop.example\""] {
        assert!(all.contains(field), "{all}");
    }
    for (line, path, rest) in [
        (never, "/w/fails/never", vec!["message=not warmed: not answered within 30s"]),
        (panics, "/w/fails/panics", vec!["message=not warmed: the handler panicked", "status=500", "correlation_id="]),
        (search, "/w/fails/search", vec!["message=not warmed: answered 400 Bad Request", "status=400"]),
    ] {
        for part in [format!("path=\"{path}\""), "host=\"shop.example\"".to_owned()].iter().map(|s| &**s).chain(rest) {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}
