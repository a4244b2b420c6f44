//! Compression of responses: which ones, and what their headers say.

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::stream;
use http::{HeaderName, StatusCode, header};
use http_body_util::BodyExt;
use routekit::{prelude::*, test::TestApp};
use tower::ServiceExt;

use super::config;
use crate::wire;

type Headers = [(HeaderName, &'static str); 2];

fn long() -> String {
    "some text that repeats. ".repeat(200)
}

#[get("/compression/text")]
async fn text() -> ([(HeaderName, &'static str); 3], String) {
    let headers = [(header::ETAG, "\"1\""), (header::ACCEPT_RANGES, "bytes"), (header::CONTENT_TYPE, "text/plain")];
    (headers, long())
}

#[get("/compression/short")]
async fn short() -> &'static str {
    "short"
}

#[get("/compression/typed/{kind}/{name}")]
async fn typed(kind: String, name: String) -> ([(HeaderName, String); 1], String) {
    ([(header::CONTENT_TYPE, format!("{kind}/{name}"))], long())
}

#[get("/compression/ready")]
async fn ready() -> (Headers, String) {
    ([(header::CONTENT_TYPE, "text/plain"), (header::CONTENT_ENCODING, "br")], long())
}

#[get("/compression/untouched")]
async fn untouched() -> (Headers, String) {
    ([(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "max-age=60, No-Transform")], long())
}

#[get("/compression/part")]
async fn part() -> (StatusCode, Headers, String) {
    let headers = [(header::CONTENT_TYPE, "text/plain"), (header::CONTENT_RANGE, "bytes 0-4799/9600")];
    (StatusCode::PARTIAL_CONTENT, headers, long())
}

#[get("/compression/stream")]
async fn streamed() -> ([(HeaderName, &'static str); 1], Body) {
    let parts = stream::iter((0..10).map(|_| Ok::<_, std::io::Error>(Bytes::from(long()))));
    ([(header::CONTENT_TYPE, "text/plain")], Body::from_stream(parts))
}

#[get("/compression/stored", cache(ttl = "60s"))]
async fn stored() -> (Headers, String) {
    ([(header::CONTENT_TYPE, "text/plain"), (header::ETAG, "\"1\"")], long())
}

fn plain() -> App {
    App::with_routes(routes![text, short, typed, ready, untouched, part, streamed, stored])
}

fn app() -> TestApp {
    TestApp::new(plain().config(config("[compression]\nenabled = 'on'")))
}

async fn send(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
    app.call(request.body(Body::empty()).unwrap()).await
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn unpacked(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.len() < 500, "{}", bytes.len());
    std::io::read_to_string(GzDecoder::new(&*bytes)).unwrap()
}

const GZIP: &[(&str, &str)] = &[("accept-encoding", "gzip")];

#[tokio::test]
async fn response_is_not_compressed_unless_it_is_switched_on() {
    let response = send(&TestApp::new(plain()), "GET", "/compression/text", GZIP).await;
    assert_eq!((header(&response, "content-encoding"), header(&response, "vary")), (None, None));
    assert_eq!(header(&response, "etag"), Some("\"1\""));
}

#[tokio::test]
async fn response_is_compressed_as_its_client_accepts() {
    let app = app();
    for (accept, encoding) in [
        ("gzip", Some("gzip")),
        ("br", Some("br")),
        ("gzip, br", Some("br")),
        ("gzip;q=1, br;q=0.5", Some("gzip")),
        ("deflate, zstd", None),
        ("gzip;q=0", None),
        ("identity", None),
        ("gzip;q=0.5, identity", None),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("gzip;q=0, br;q=0, identity;q=0", None),
        ("*;q=0, gzip;q=0.1", Some("gzip")),
        ("\u{ff}, gzip", Some("gzip")),
        ("", None),
    ] {
        let response = send(&app, "GET", "/compression/text", &[("accept-encoding", accept)]).await;
        assert_eq!(response.status(), StatusCode::OK, "{accept}");
        assert_eq!(header(&response, "content-encoding"), encoding, "{accept}");
        assert_eq!(header(&response, "vary"), Some("accept-encoding"), "{accept}");
        let etag = if encoding.is_some() { "W/\"1\"" } else { "\"1\"" };
        assert_eq!(header(&response, "etag"), Some(etag), "{accept}");
        assert_eq!(header(&response, "accept-ranges").is_none(), encoding.is_some(), "{accept}");
        if encoding == Some("gzip") {
            assert_eq!(unpacked(response).await, long());
        }
    }
    let response = send(&app, "GET", "/compression/text", &[]).await;
    assert_eq!((header(&response, "content-encoding"), header(&response, "vary")), (None, Some("accept-encoding")));
}

#[tokio::test]
async fn response_that_must_not_change_is_left_alone() {
    let app = app();
    for (path, encoding) in [
        ("short", None),
        ("ready", Some("br")),
        ("untouched", None),
        ("part", None),
        ("stream", None),
        ("typed/text/event-stream", None),
        ("typed/image/png", None),
        ("typed/application/octet-stream", None),
        ("typed/application/grpc", None),
    ] {
        let response = send(&app, "GET", &format!("/compression/{path}"), GZIP).await;
        assert_eq!((header(&response, "content-encoding"), header(&response, "vary")), (encoding, None), "{path}");
    }
    let no_transform = [GZIP, &[("cache-control", "no-transform")]].concat();
    let response = send(&app, "GET", "/compression/text", &no_transform).await;
    assert_eq!(header(&response, "content-encoding"), None);
    for path in ["typed/image/svg+xml", "typed/application/json", "typed/application/problem+json", "typed/text/html"] {
        let response = send(&app, "GET", &format!("/compression/{path}"), GZIP).await;
        assert_eq!(header(&response, "content-encoding"), Some("gzip"), "{path}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_over_a_socket() {
    let app = wire::run(plain().config(config("[compression]\nenabled = 'on'"))).await;
    let mut seen = Vec::new();
    for method in ["GET", "HEAD"] {
        let request = Request::builder().method(method).uri("/compression/text").header("host", "localhost");
        let mut connection = app.http1_connection().await;
        let request = request.header("accept-encoding", "gzip").body(Body::empty()).unwrap();
        let (parts, body) = connection.send_request(request).await.unwrap().into_parts();
        let names = ["content-encoding", "vary", "etag", "content-length", "accept-ranges"];
        seen.push((parts.status, names.map(|name| parts.headers.get(name).cloned())));
        let length = body.collect().await.unwrap().to_bytes().len();
        assert_eq!(length == 0, method == "HEAD");
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].1[0].as_ref().unwrap(), "gzip");
    // A server does not read it to its end.
    let response = send(&self::app(), "HEAD", "/compression/text", GZIP).await;
    assert!(HttpBody::is_end_stream(response.body()));
}

#[tokio::test]
async fn stored_response_is_compressed_per_request_and_revalidated() {
    let app = app();
    for (headers, outcome, encoding) in [(GZIP, "MISS", Some("gzip")), (&[], "HIT", None), (GZIP, "HIT", Some("gzip"))]
    {
        let response = send(&app, "GET", "/compression/stored", headers).await;
        assert_eq!((header(&response, "x-cache"), header(&response, "content-encoding")), (Some(outcome), encoding));
        assert_eq!(header(&response, "vary"), Some("accept-encoding"));
        if encoding.is_some() {
            assert_eq!(unpacked(response).await, long());
        }
    }
    let conditional = [GZIP, &[("if-none-match", "W/\"1\"")]].concat();
    let response = send(&app, "GET", "/compression/stored", &conditional).await;
    assert_eq!((response.status(), header(&response, "etag")), (StatusCode::NOT_MODIFIED, Some("W/\"1\"")));
    assert_eq!(header(&response, "content-encoding"), None);
}

#[tokio::test]
async fn not_modified_has_the_vary_and_etag_of_the_response_it_stands_for() {
    let app = app();
    for (accept, etag) in [("gzip", "W/\"1\""), ("identity", "\"1\""), ("gzip;q=0", "\"1\""), ("deflate", "\"1\"")] {
        let headers = [("accept-encoding", accept)];
        let full = send(&app, "GET", "/compression/stored", &headers).await;
        let conditional = [&headers[..], &[("if-none-match", "\"1\"")]].concat();
        let short = send(&app, "GET", "/compression/stored", &conditional).await;
        assert_eq!((full.status(), short.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED), "{accept}");
        for response in [full, short] {
            assert_eq!(header(&response, "etag"), Some(etag), "{accept}");
            assert_eq!(header(&response, "vary"), Some("accept-encoding"), "{accept}");
        }
    }
}

#[get("/compression/unchanged/{name}")]
async fn unchanged(name: String) -> (StatusCode, Headers) {
    let header = match &*name {
        "content-type" => (header::CONTENT_TYPE, "image/png"),
        "content-encoding" => (header::CONTENT_ENCODING, "br"),
        "cache-control" => (header::CACHE_CONTROL, "no-transform"),
        _ => (HeaderName::from_static("content-digest"), "sha-256=:AAAA:"),
    };
    (StatusCode::NOT_MODIFIED, [(header::ETAG, "\"1\""), header])
}

#[tokio::test]
async fn not_modified_that_stands_for_an_uncompressed_response_is_left_alone() {
    let app = TestApp::new(App::with_routes(routes![unchanged]).config(config("[compression]\nenabled = 'on'")));
    for name in ["content-type", "content-encoding", "content-digest", "cache-control"] {
        let response = send(&app, "GET", &format!("/compression/unchanged/{name}"), GZIP).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{name}");
        assert_eq!((header(&response, "etag"), header(&response, "vary")), (Some("\"1\""), None), "{name}");
    }
}

#[get("/compression/digest/{name}")]
async fn digest(name: String) -> ([(HeaderName, String); 2], String) {
    let digest = (name.parse().unwrap(), "sha-256=:AAAA:".to_owned());
    ([(header::CONTENT_TYPE, "text/plain".to_owned()), digest], long())
}

#[tokio::test]
async fn response_with_a_digest_of_its_bytes_is_left_alone() {
    let app = TestApp::new(App::with_routes(routes![digest]).config(config("[compression]\nenabled = 'on'")));
    for name in ["content-digest", "repr-digest", "digest", "content-md5"] {
        let response = send(&app, "GET", &format!("/compression/digest/{name}"), GZIP).await;
        assert_eq!((header(&response, "content-encoding"), header(&response, "vary")), (None, None), "{name}");
    }
    let response = send(&app, "GET", "/compression/digest/x-digest", GZIP).await;
    assert_eq!(header(&response, "content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn compressed_head_of_a_plain_router_names_no_length() {
    let router = plain().config(config("[compression]\nenabled = 'on'")).into_router().unwrap();
    let request = Request::head("/compression/text").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!((response.status(), header(&response, "content-encoding")), (StatusCode::OK, Some("gzip")));
    assert_eq!(header(&response, "content-length"), None);
}

#[tokio::test]
async fn response_to_a_page_of_another_origin_varies_by_both() {
    let file = "[compression]\nenabled = 'on'\n[cors]\norigins = 'https://app.example'";
    let app = TestApp::new(plain().config(config(file)));
    let response = send(&app, "GET", "/compression/text", GZIP).await;
    let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(vary, ["accept-encoding", "origin"]);
}
