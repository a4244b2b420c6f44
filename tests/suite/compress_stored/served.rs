//! What clients get of an entry that is stored compressed.

use http::{HeaderMap, Method, StatusCode};
use routekit::test::{TestApp, TestResponse};

use super::{GZIP, IDENTITY, app, body, get, text, told};

/// All but those that differ for each request.
fn headers(answer: &TestResponse) -> HeaderMap {
    let mut headers = answer.headers().clone();
    for name in ["x-correlation-id", "date"] {
        assert!(headers.remove(name).is_some(), "{name}");
    }
    headers
}

/// After one request that stores the page.
async fn stored() -> TestApp {
    let app = app();
    assert_eq!(body(&get(&app, "/packed/page", IDENTITY).await), (text(1), false));
    app
}

#[tokio::test]
async fn client_gets_the_form_that_it_accepts() {
    for first in [IDENTITY, GZIP] {
        let app = app();
        // The handler's own response is not compressed.
        let made = get(&app, "/packed/page", first).await;
        assert_eq!(told(&made), [Some("MISS"), None, Some("accept-encoding"), Some("\"1\"")], "{first}");
        assert_eq!(body(&made), (text(1), false), "{first}");
        for _ in 0..2 {
            let small = get(&app, "/packed/page", GZIP).await;
            assert_eq!(told(&small), [Some("HIT"), Some("gzip"), Some("accept-encoding"), Some("W/\"1\"")]);
            assert_eq!(body(&small), (text(1), true));
            assert_eq!(small.header("content-length").unwrap(), small.bytes().len().to_string());
            assert_eq!(small.header("accept-ranges"), None, "ranges are those of the plain response");
            let large = get(&app, "/packed/page", IDENTITY).await;
            assert_eq!(told(&large), [Some("HIT"), None, Some("accept-encoding"), Some("\"1\"")]);
            assert_eq!(body(&large), (text(1), false));
            assert_eq!(large.header("content-length").unwrap(), text(1).len().to_string());
            assert_eq!(large.header("accept-ranges"), Some("bytes"));
            for name in ["content-type", "cache-control", "date"] {
                assert_eq!(small.header(name), large.header(name), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn weights_of_the_client_count() {
    let app = stored().await;
    for (accept, expected) in [
        ("gzip", true),
        ("x-gzip", true),
        ("br, gzip;q=0.1", true),
        ("*", true),
        ("gzip;q=0.5, identity;q=0.5", true),
        ("gzip;q=0.5, identity", false),
        ("gzip;q=0", false),
        ("*, gzip;q=0", false),
        ("br, zstd", false),
        ("identity;q=0", false),
        ("gzip;q=2", false),
        ("", false),
    ] {
        let answer = get(&app, "/packed/page", accept).await;
        assert_eq!(body(&answer), (text(1), expected), "{accept}");
        assert_eq!(answer.header("x-cache"), Some("HIT"), "{accept}");
    }
    assert_eq!(body(&app.get("/packed/page").send().await), (text(1), false), "without the header");
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let app = stored().await;
    for accept in [IDENTITY, GZIP] {
        let get = get(&app, "/packed/page", accept).await;
        let head = app.request(Method::HEAD, "/packed/page").header("accept-encoding", accept).send().await;
        assert_eq!(headers(&head), headers(&get), "{accept}");
        assert!(head.bytes().is_empty());
    }
}

#[tokio::test]
async fn request_that_forbids_another_form_gets_the_plain_one() {
    let app = stored().await;
    let request = app.get("/packed/page").header("accept-encoding", GZIP);
    let answer = request.header("cache-control", "no-transform").send().await;
    assert_eq!(told(&answer), [Some("HIT"), None, Some("accept-encoding"), Some("\"1\"")]);
    assert_eq!(body(&answer), (text(1), false));
}

#[tokio::test]
async fn ranges_are_those_of_the_plain_response() {
    let app = stored().await;
    let length = text(1).len();
    let part = |from: usize, to: usize| (StatusCode::PARTIAL_CONTENT, text(1)[from..to].to_owned());
    let whole = || (StatusCode::OK, text(1));
    for accept in [IDENTITY, GZIP] {
        for (range, only_if, expected) in [
            ("bytes=0-9", None, part(0, 10)),
            ("bytes=4000-", None, part(4000, length)),
            ("bytes=-5", None, part(length - 5, length)),
            ("bytes=2-3", Some("\"1\""), part(2, 4)),
            ("bytes=2-3", Some("W/\"1\""), whole()),
            ("bytes=2-3", Some("\"2\""), whole()),
        ] {
            let request = app.get("/packed/page").header("accept-encoding", accept).header("range", range);
            let request = match only_if {
                Some(etag) => request.header("if-range", etag),
                None => request,
            };
            let answer = request.send().await;
            assert_eq!((answer.status(), body(&answer).0), expected, "{accept} {range} {only_if:?}");
            assert_eq!(told(&answer), [Some("HIT"), None, Some("accept-encoding"), Some("\"1\"")]);
            if expected.0 == StatusCode::PARTIAL_CONTENT {
                let range = answer.header("content-range").unwrap();
                assert!(range.ends_with(&format!("/{length}")), "{range}");
            }
        }
        let beyond = format!("bytes={length}-");
        let request = app.get("/packed/page").header("accept-encoding", accept).header("range", &beyond);
        let answer = request.send().await;
        assert_eq!(answer.status(), StatusCode::RANGE_NOT_SATISFIABLE, "{accept}");
        assert_eq!(answer.header("content-encoding"), None);
        let head = app.request(Method::HEAD, "/packed/page").header("accept-encoding", accept);
        let head = head.header("range", "bytes=0-1").send().await;
        let get = get(&app, "/packed/page", accept).await;
        assert_eq!(headers(&head), headers(&get), "HEAD has no ranges");
    }
}
