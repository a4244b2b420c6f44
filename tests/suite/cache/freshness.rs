//! How long a response is served from the store, and with which headers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{AppendHeaders, IntoResponse, Response},
    routing::get as on_get,
};
use http::{HeaderValue, StatusCode, header};
use routekit::{
    ManualClock, Spawner,
    cache::{Cache, CacheLayer},
    config::Config,
    prelude::*,
    test::TestApp,
};
use serde_json::Value;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::{Runs, app, did, said, start};

#[get("/cache/minute/{id}", cache(ttl = 60))]
async fn minute(id: u32, calls: Dep<Runs>) -> String {
    format!("{id} {}", calls.next())
}

#[get("/cache/minute-said/{id}", cache(ttl = 5))]
async fn minute_said(id: u32) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CACHE_CONTROL, "max-age=60")], id.to_string())
}

#[tokio::test]
async fn response_is_fresh_until_its_ttl_ends() {
    let (app, clock) = start(app(routes![minute]));
    for (advance, expected) in
        [(0, "MISS 1 1"), (0, "HIT 1 1"), (59_999, "HIT 1 1"), (1, "MISS 1 2"), (59_999, "HIT 1 2")]
    {
        clock.advance(Duration::from_millis(advance));
        assert_eq!(said(app.get("/cache/minute/1")).await, expected, "{advance} ms later");
    }
    clock.advance(Duration::from_secs(86_400));
    assert_eq!(said(app.get("/cache/minute/1")).await, "MISS 1 3", "a day later");
}

/// How many of many responses that were stored at once are still served after each of these times.
async fn still_given(path: &str, after: &[u64]) -> Vec<usize> {
    const MANY: usize = 200;
    let (app, clock) = start(app(routes![minute, minute_said]).cache(Cache::builder()));
    let mut fresh: Vec<String> = (0..MANY).map(|id| format!("{path}/{id}")).collect();
    for path in &fresh {
        assert_eq!(did(&app, path).await, "MISS");
    }
    let (mut then, mut counts) = (0, Vec::new());
    for after in after {
        clock.advance(Duration::from_millis(after - then));
        then = *after;
        let mut hits = Vec::new();
        for path in fresh {
            match did(&app, &path).await.as_str() {
                "HIT" => hits.push(path),
                other => assert_eq!(other, "MISS"),
            }
        }
        fresh = hits;
        counts.push(fresh.len());
    }
    counts
}

#[tokio::test]
async fn ttl_jitter_spreads_expiry() {
    let [all, some, none] = still_given("/cache/minute", &[54_000, 57_000, 60_000]).await[..] else { panic!() };
    assert_eq!((all, none), (200, 0), "a tenth shorter at most, and never longer");
    assert!((20..180).contains(&some), "{some} of 200 at half of it");
    let said = still_given("/cache/minute-said", &[59_999, 60_000]).await;
    assert_eq!(said, [200, 0], "what answers say is exact");
}

#[get("/cache/headers", cache(ttl = 60))]
async fn headers() -> Response {
    let opaque = HeaderValue::from_bytes(b"\xe4").unwrap();
    let headers = AppendHeaders([
        ("connection", HeaderValue::from_static("keep-alive, X-Hop")),
        ("connection", HeaderValue::from_static("x-hop-too")),
        ("keep-alive", HeaderValue::from_static("timeout=5")),
        ("proxy-connection", HeaderValue::from_static("keep-alive")),
        ("proxy-authenticate", HeaderValue::from_static("Basic")),
        ("te", HeaderValue::from_static("trailers")),
        ("trailer", HeaderValue::from_static("etag")),
        ("upgrade", HeaderValue::from_static("h2c")),
        ("x-hop", HeaderValue::from_static("1")),
        ("x-hop-too", HeaderValue::from_static("1")),
        ("link", HeaderValue::from_static("</a>")),
        ("link", HeaderValue::from_static("</b>")),
        ("x-opaque", opaque),
        ("content-language", HeaderValue::from_static("de")),
    ]);
    (headers, "text").into_response()
}

#[tokio::test]
async fn connection_headers_are_not_stored() {
    let (app, _) = start(app(routes![headers]));
    let first = app.get("/cache/headers").send().await;
    let again = app.get("/cache/headers").send().await;
    assert_eq!((first.header("x-cache"), again.header("x-cache")), (Some("MISS"), Some("HIT")));
    assert_eq!(first.header("x-hop"), Some("1"));
    let mut names: Vec<&str> = again.headers().keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = [
        "age",
        "cache-control",
        "cache-status",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "etag",
        "link",
        "referrer-policy",
        "x-cache",
        "x-content-type-options",
        "x-correlation-id",
        "x-opaque",
    ];
    assert_eq!(names, expected);
    assert_eq!(again.headers().get_all("link").iter().collect::<Vec<_>>(), ["</a>", "</b>"]);
    assert_eq!(again.headers()["x-opaque"].as_bytes(), b"\xe4");
}

/// Fails as it is told, once the gate is open.
#[get("/cache/fails/{how}", cache(ttl = 60), timeout = "1s")]
async fn fails(how: String, gate: Dep<Semaphore>) -> Result<Response> {
    gate.acquire().await.unwrap().forget();
    match how.as_str() {
        "missing" => {
            let missing = Problem::not_found("nothing here");
            Err(missing.with_header(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60")))
        }
        "bare" => Ok((StatusCode::GONE, [(header::CACHE_CONTROL, "max-age=60")]).into_response()),
        "internal" => Err(Problem::internal(std::io::Error::other("the disk is full"))),
        "unavailable" => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE)),
        "bare-500" => Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        "panic" => panic!("as it should"),
        _ => std::future::pending().await,
    }
}

async fn problem(app: &TestApp, path: &str, id: &str) -> (Option<String>, Value) {
    let answer = app.get(path).header("x-correlation-id", id).send().await;
    assert_eq!(answer.header("x-correlation-id"), Some(id), "{path}");
    (answer.header("x-cache").map(str::to_owned), answer.json())
}

#[tokio::test]
async fn stored_problem_has_the_id_of_the_request_it_answers() {
    for (how, status) in [("missing", 404), ("bare", 410)] {
        let gate = Arc::new(Semaphore::new(1));
        let (app, _) = start(app(routes![fails]).provide_shared(gate));
        for (id, expected) in [("first", "MISS"), ("second", "HIT"), ("third", "HIT")] {
            let path = format!("/cache/fails/{how}");
            let (x_cache, problem) = problem(&app, &path, id).await;
            assert_eq!(x_cache.as_deref(), Some(expected), "{how}");
            assert_eq!(problem["status"], status, "{how}");
            assert_eq!(problem["correlationId"], id, "{how}");
            assert_eq!(problem["instance"], *path, "{how}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn shared_failure_has_the_id_of_the_request_it_answers() {
    for (how, status) in
        [("internal", 500), ("unavailable", 503), ("bare-500", 500), ("panic", 500), ("timeout", 504), ("missing", 404)]
    {
        let gate = Arc::new(Semaphore::new(0));
        let (app, _) = start(app(routes![fails]).provide_shared(Arc::clone(&gate)));
        let path = format!("/cache/fails/{how}");
        let asked = async |id| {
            let (_, problem) = problem(&app, &path, id).await;
            assert_eq!((&problem["status"], &problem["correlationId"]), (&status.into(), &id.into()), "{how}");
        };
        let release = async {
            tokio::task::yield_now().await;
            // One run for all shows that the failure was shared. After a 500, one of the others tries first.
            gate.add_permits(if status == 500 { 2 } else { 1 });
        };
        tokio::join!(asked("first"), asked("second"), asked("third"), release);
    }
}

#[tokio::test]
async fn key_digest_header_is_sent_where_enabled() {
    let (app, _) = start(app(routes![minute]).configure(|config| config.set_cache_debug_headers(true)));
    let key = async |path: &str, method: http::Method| {
        let answer = app.request(method, path).send().await;
        let key = answer.header("x-cache-key").unwrap().to_owned();
        (answer.header("x-cache").unwrap().to_owned(), key)
    };
    let get = http::Method::GET;
    let (did, first) = key("/cache/minute/1?a=1&b=2", get.clone()).await;
    assert_eq!(did, "MISS");
    assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
    for (path, method, expected) in [
        ("/cache/minute/1?a=1&b=2", get.clone(), ("HIT", true)),
        ("/cache/minute/1?b=2&a=1", get.clone(), ("HIT", true)),
        ("/cache/minute/1?a=1&b=2", http::Method::HEAD, ("HIT", true)),
        ("/cache/minute/1?a=1&b=3", get.clone(), ("MISS", false)),
        ("/cache/minute/2?a=1&b=2", get.clone(), ("MISS", false)),
    ] {
        let (did, other) = key(path, method).await;
        assert_eq!((did.as_str(), other == first), expected, "{path}");
    }
    let (app, _) = start(super::app(routes![minute]));
    for _ in 0..2 {
        assert_eq!(app.get("/cache/minute/1").send().await.header("x-cache-key"), None);
    }
}

#[get("/cache/fresh/own-word", cache(ttl = 60))]
async fn own_word() -> ([(&'static str, &'static str); 1], String) {
    ([("cache-control", "max-age=60")], "content".to_owned())
}

/// Downstream caches need `Age` to know how much freshness is left.
#[tokio::test]
async fn stored_response_with_max_age_carries_its_age() {
    let (app, clock) = start(app(routes![own_word]));
    let age = async || app.get("/cache/fresh/own-word").send().await.header("age").map(str::to_owned);
    assert_eq!(age().await, None);
    assert_eq!(age().await.as_deref(), Some("0"));
    clock.advance(Duration::from_secs(59));
    assert_eq!(age().await.as_deref(), Some("59"));
    clock.advance(Duration::from_secs(1));
    assert_eq!(age().await, None, "it is made anew");
}

#[get(
    "/cache/longest",
    cache(stale_while_revalidate = "18446744073709551s", stale_if_error = "18446744073709551s"),
    timeout = "18446744073709551s",
    slow = "18446744073709551s",
    breaker
)]
async fn longest(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[tokio::test]
async fn longest_configured_ttl_with_stale_windows_is_a_hit() {
    let toml = "[cache]\ndefault_ttl = '18446744073709551615'\n";
    let config = Config::builder().toml("routekit.toml", toml).build().unwrap();
    let (app, clock) = start(App::with_routes(routes![longest]).config(config).provide(Runs::default()));
    assert_eq!(said(app.get("/cache/longest")).await, "MISS 1");
    clock.advance(Duration::from_secs(365 * 86_400));
    assert_eq!(said(app.get("/cache/longest")).await, "HIT 1");
}

#[tokio::test]
async fn longest_durations_of_a_layer_overflow_nothing() {
    let (clock, most) = (ManualClock::new(), Duration::MAX);
    let layer = |cache: &Cache| CacheLayer::new(cache.clone()).ttl(most).deadline(most);
    let stale = |layer: CacheLayer| layer.stale_while_revalidate(most).stale_if_error(most);
    let further_out = |layer: CacheLayer| layer.client_ttl(most).cdn_ttl(most);
    for age in ["0", "18446744073709551615"] {
        let cache = Cache::builder().clock(clock.clock()).spawner(Spawner::tokio()).build();
        let cached = further_out(stale(layer(&cache)));
        let router: Router = Router::new().route("/", on_get(move || async move { [("age", age)] }).layer(cached));
        for expected in ["MISS", "HIT", "HIT"] {
            let answer = router.clone().oneshot(Request::new(Body::empty())).await.unwrap();
            assert_eq!(
                (answer.status(), &answer.headers()["x-cache"]),
                (StatusCode::OK, &HeaderValue::from_static(expected))
            );
            clock.advance(Duration::from_secs(86_400));
        }
    }
}
