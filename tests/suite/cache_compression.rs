//! The cache behind tower-http's compression: both forms of a response have one validator. A response that the handler
//! compresses itself has an entry for each form.

use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode};
use routekit::{cache::Cache, prelude::*, test::TestApp};
use tower_http::compression::CompressionLayer;

fn text() -> String {
    "the same again and again, ".repeat(100)
}

#[get("/compression/made", cache(ttl = 60))]
async fn made() -> String {
    text()
}

#[get("/compression/weak", cache(ttl = 60))]
async fn weak() -> impl IntoResponse {
    ([("etag", "W/\"7\"")], text())
}

#[get("/compression/dated", cache(ttl = 60))]
async fn dated() -> impl IntoResponse {
    ([("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT")], text())
}

/// A handler that compresses its response.
#[get("/compression/inside", cache(ttl = 60))]
async fn inside(headers: HeaderMap) -> impl IntoResponse {
    if headers.get("accept-encoding").is_some_and(|encoding| encoding == "gzip") {
        ([("vary", "accept-encoding"), ("content-encoding", "gzip")], "as good as compressed".to_owned())
    } else {
        ([("vary", "accept-encoding"), ("content-language", "en")], text())
    }
}

fn app() -> TestApp {
    let app = App::with_routes(routes![made, weak, dated, inside]).cache(Cache::builder().ttl_jitter(0.0));
    TestApp::new(app.layer(CompressionLayer::new()))
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    length: usize,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn got(app: &TestApp, path: &str, encoding: &str, known: Option<&str>) -> Got {
    let mut request = app.get(path).header("accept-encoding", encoding);
    if let Some(etag) = known {
        request = request.header("if-none-match", etag);
    }
    let answer = request.send().await;
    Got { status: answer.status(), headers: answer.headers().clone(), length: answer.bytes().len() }
}

#[tokio::test]
async fn compressed_and_plain_share_an_entry_and_validator() {
    for path in ["/compression/made", "/compression/weak"] {
        let app = app();
        let plain = got(&app, path, "identity", None).await;
        let small = got(&app, path, "gzip", None).await;
        assert_eq!((plain.header("x-cache"), small.header("x-cache")), (Some("MISS"), Some("HIT")), "{path}");
        assert_eq!((plain.header("content-encoding"), small.header("content-encoding")), (None, Some("gzip")));
        assert_eq!(plain.length, text().len());
        assert!(small.length < plain.length / 4, "{path}: {}", small.length);
        let etag = plain.header("etag").unwrap();
        assert!(etag.starts_with("W/"), "one that is sent in two forms is weak: {etag}");
        assert_eq!(small.header("etag"), Some(etag), "{path}");
        for encoding in ["identity", "gzip"] {
            let known = got(&app, path, encoding, Some(etag)).await;
            assert_eq!((known.status, known.length), (StatusCode::NOT_MODIFIED, 0), "{path} {encoding}");
            assert_eq!(known.header("etag"), Some(etag));
            for absent in ["content-encoding", "content-length", "content-type"] {
                assert_eq!(known.header(absent), None, "{path} {encoding}");
            }
            assert_eq!(got(&app, path, encoding, Some("\"other\"")).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn compressed_and_plain_have_the_same_dates() {
    let app = app();
    for encoding in ["identity", "gzip"] {
        got(&app, "/compression/dated", encoding, None).await;
        let since = |date: &'static str| {
            let request = app.get("/compression/dated").header("accept-encoding", encoding);
            async move { request.header("if-modified-since", date).send().await.status() }
        };
        assert_eq!(since("Thu, 01 Jan 1970 00:00:00 GMT").await, StatusCode::NOT_MODIFIED, "{encoding}");
        assert_eq!(since("never").await, StatusCode::OK, "{encoding}");
    }
}

#[tokio::test]
async fn response_compressed_by_the_handler_has_an_entry_for_each_form() {
    let app = app();
    let path = "/compression/inside";
    let plain = got(&app, path, "identity", None).await;
    let small = got(&app, path, "gzip", None).await;
    assert_eq!((plain.header("x-cache"), small.header("x-cache")), (Some("MISS"), Some("MISS")));
    assert!(small.length < plain.length / 4);
    let (of_plain, of_small) = (plain.header("etag").unwrap(), small.header("etag").unwrap());
    assert_ne!(of_plain, of_small, "bytes that differ have tags that differ");
    for (encoding, etag, other, length) in
        [("identity", of_plain, of_small, plain.length), ("gzip", of_small, of_plain, small.length)]
    {
        let again = got(&app, path, encoding, None).await;
        assert_eq!((again.header("x-cache"), again.length), (Some("HIT"), length), "{encoding}");
        assert_eq!(got(&app, path, encoding, Some(etag)).await.status, StatusCode::NOT_MODIFIED, "{encoding}");
        assert_eq!(got(&app, path, encoding, Some(other)).await.status, StatusCode::OK, "{encoding}");
    }
}
