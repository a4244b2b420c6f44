//! Which responses are stored compressed.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use routekit::{prelude::*, test::TestApp};
use serde_json::Value;

use super::{GZIP, IDENTITY, get, text, unpacked};
use crate::support::exact;

const CONFIGURED: usize = 4096;

/// A response of a kind, with a body of this length.
fn made(kind: &str, length: usize) -> Response {
    let body = "ab".repeat(length / 2);
    let typed = |kind: &'static str| ([(header::CONTENT_TYPE, kind)], body.clone()).into_response();
    let with = |name: &'static str, value: &'static str| ([(name, value)], body.clone()).into_response();
    let minute = [("cache-control", "max-age=60")];
    match kind {
        "json" => typed("application/json"),
        "problem" => (minute, Problem::not_found(body)).into_response(),
        "missing" => (StatusCode::NOT_FOUND, minute, body).into_response(),
        "gone-elsewhere" => (StatusCode::MOVED_PERMANENTLY, [("location", "/packed")], body).into_response(),
        "image" => typed("image/png"),
        "events" => typed("text/event-stream"),
        "untyped" => {
            let mut response = body.into_response();
            response.headers_mut().remove(header::CONTENT_TYPE);
            response
        }
        "encoded" => with("content-encoding", "br"),
        "digest" => with("repr-digest", "sha-256=:AAAA:"),
        "fixed" => with("cache-control", "max-age=60, no-transform"),
        "noise" => {
            let mut random = fastrand::Rng::with_seed(7);
            let noise: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            ([(header::CONTENT_TYPE, "text/plain")], noise).into_response()
        }
        _ => body.into_response(),
    }
}

#[get("/packed/kinds/{kind}/{length}", cache(ttl = 60, compress_stored))]
async fn kinds(kind: String, length: usize) -> Response {
    made(&kind, length)
}

#[get("/packed/from/{length}", cache(ttl = 60, compress_stored = "4KiB"))]
async fn from(length: usize) -> Response {
    made("text", length)
}

#[get("/packed/plain/{length}", cache(ttl = 60))]
async fn plain(length: usize) -> Response {
    made("text", length)
}

#[get("/packed/varies", cache(ttl = 60, compress_stored, vary("accept-language")))]
async fn varies() -> impl IntoResponse {
    ([(header::VARY, "Origin")], text(1))
}

#[get("/packed/chooses", cache(ttl = 60, compress_stored))]
async fn chooses() -> impl IntoResponse {
    ([(header::VARY, "Accept-Encoding")], text(1))
}

fn app() -> TestApp {
    TestApp::new(App::with_routes(routes![kinds, from, plain, varies, chooses]).cache(exact()))
}

/// Whether the second response is compressed. Both must name the header that decides, or none of them.
async fn is_compressed(app: &TestApp, path: &str) -> bool {
    let first = get(app, path, GZIP).await;
    let second = get(app, path, GZIP).await;
    assert_eq!((first.header("x-cache"), second.header("x-cache")), (Some("MISS"), Some("HIT")), "{path}");
    assert_eq!((first.status(), first.header("vary")), (second.status(), second.header("vary")), "{path}");
    let is_compressed = second.header("content-encoding") == Some("gzip");
    assert_eq!(second.header("vary"), is_compressed.then_some("accept-encoding"), "{path}");
    if is_compressed {
        assert_eq!(unpacked(second.bytes()).as_bytes(), first.bytes(), "{path}");
    } else if !path.contains("problem") {
        // A problem has the id of its request.
        assert_eq!(second.bytes(), first.bytes(), "{path}");
    }
    is_compressed
}

#[tokio::test]
async fn response_is_stored_compressed_if_it_may_be_and_if_that_pays() {
    let app = app();
    for (path, expected) in [
        ("kinds/text/1024", true),
        ("kinds/text/1022", false),
        ("kinds/text/0", false),
        ("kinds/json/5000", true),
        ("kinds/gone-elsewhere/5000", true),
        ("kinds/problem/5000", false),
        ("kinds/missing/5000", false),
        ("kinds/image/5000", false),
        ("kinds/events/5000", false),
        ("kinds/untyped/5000", false),
        ("kinds/encoded/5000", false),
        ("kinds/digest/5000", false),
        ("kinds/fixed/5000", false),
        ("kinds/noise/5000", false),
        ("plain/5000", false),
    ] {
        assert_eq!(is_compressed(&app, &format!("/packed/{path}")).await, expected, "{path}");
    }
    for (length, expected) in [(CONFIGURED, true), (CONFIGURED - 2, false)] {
        assert_eq!(is_compressed(&app, &format!("/packed/from/{length}")).await, expected, "{length}");
    }
}

#[tokio::test]
async fn header_that_decides_is_named_beside_others_and_is_no_part_of_the_key() {
    let app = app();
    for (path, expected) in [
        ("/packed/varies", &["Origin", "accept-language", "accept-encoding"][..]),
        ("/packed/chooses", &["Accept-Encoding"]),
    ] {
        for (accept, is_compressed) in [(GZIP, false), (GZIP, true), (IDENTITY, false), (GZIP, true)] {
            let answer = get(&app, path, accept).await;
            let vary: Vec<_> = answer.headers().get_all("vary").iter().collect();
            assert_eq!(vary, expected, "{path} {accept}");
            assert_eq!(answer.header("content-encoding").is_some(), is_compressed, "{path} {accept}");
        }
    }
    let hit = get(&app, "/packed/varies", "deflate").await;
    assert_eq!(hit.header("x-cache"), Some("HIT"), "one entry for all codings");
    // A handler that chooses by the header itself has a variant for each.
    assert_eq!(get(&app, "/packed/chooses", "deflate").await.header("x-cache"), Some("MISS"));
}

#[tokio::test]
async fn compressed_entry_takes_less_memory() {
    let app = app();
    let bytes = async || app.admin().get("/cache/stats").send().await.json::<Value>()["bytes"].as_u64().unwrap();
    let empty = bytes().await;
    get(&app, "/packed/plain/100000", IDENTITY).await;
    let plain = bytes().await - empty;
    get(&app, "/packed/kinds/text/100000", IDENTITY).await;
    let compressed = bytes().await - empty - plain;
    assert!(plain > 100_000 && compressed < 8_000, "{plain} {compressed}");
}

#[test]
fn explanation_shows_the_threshold() {
    let app = app();
    let shown = |route: &str| app.table().explain(route).unwrap().to_string();
    assert!(shown("GET /packed/varies").contains("compress_stored 1KiB"), "{}", shown("GET /packed/varies"));
    assert!(shown("GET /packed/from/{length}").contains("compress_stored 4KiB"));
    assert!(!shown("GET /packed/plain/{length}").contains(", compress_stored"));
}
