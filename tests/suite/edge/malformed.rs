//! Headers with any bytes, and as many as there can be: the safe reading, and never a 5xx.

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, request::Parts};
use proptest::{collection::vec, prelude::*, sample::select};
use routekit::{prelude::*, test::TestApp};

use super::config;
use crate::support::check;

#[post("/malformed", auth)]
async fn accept(body: String) -> String {
    body
}

async fn session(_: &Parts) -> Option<Identity> {
    Some(Identity::new("ann"))
}

const FILE: &str = "
    [compression]
    enabled = 'on'
    min_bytes = 1

    [cors]
    origins = 'https://app.example'
    credentials = 'on'
    headers = '*'
";

const NAMES: [&str; 10] = [
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "content-encoding",
    "cookie",
    "host",
    "origin",
    "sec-fetch-site",
];

const PIECES: [&[u8]; 16] = [
    b"gzip",
    b"br",
    b", ",
    b";q=",
    b"0.5",
    b"https://",
    b"app.example",
    b":443",
    b"null",
    b"cross-site",
    b"same-origin",
    b"Basic ",
    b"\xff",
    b"*",
    b"no-transform",
    b" ",
];

#[test]
fn request_with_any_headers_is_answered_below_500() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = TestApp::new(App::with_routes(routes![accept]).identify(session).config(config(FILE)));
    let value = vec(select(&PIECES[..]), 0..5).prop_map(|pieces| pieces.concat());
    let headers = vec((select(&NAMES[..]), value), 0..8);
    let methods = select(&["POST", "OPTIONS", "GET", "HEAD"][..]);
    check(2000, &(methods, headers), |(method, headers)| {
        let mut request = Request::builder().method(method).uri("/malformed").body(Body::from("text")).unwrap();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.headers_mut().append(name, value);
            }
        }
        let is_foreign = request.headers().contains_key("cookie")
            && !request.headers().contains_key("authorization")
            && request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site")
            && !request.headers().contains_key("origin");
        let response = runtime.block_on(app.call(request));
        prop_assert!(response.status().as_u16() < 500, "{response:?}");
        prop_assert!(!(is_foreign && method == "POST" && response.status() == 200), "{response:?}");
        Ok(())
    });
}

/// A response with this status and as many headers.
#[get("/malformed/full/{status}/{count}", rate_limit("1000/s"))]
async fn full(Path((status, count)): Path<(u16, usize)>) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if status == 200 {
        *response.body_mut() = Body::from("text".repeat(100));
        response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    }
    let missing = count - response.headers().len();
    for number in 0..missing {
        let name = HeaderName::try_from(format!("x-{number}")).unwrap();
        let _ = response.headers_mut().try_insert(name, HeaderValue::from_static("x"));
    }
    response
}

/// `HeaderMap` takes 24,576 names, and its plain methods panic at the next one.
#[tokio::test]
async fn response_with_the_most_headers_is_sent_without_a_panic() {
    let file = format!("{FILE}\n[rate_limit]\nheaders = 'both'\n");
    let app = TestApp::new(App::with_routes(routes![full]).config(config(&file)));
    for method in ["GET", "HEAD"] {
        for status in [200, 404] {
            for count in 24_562..=24_576 {
                let request = Request::builder()
                    .method(method)
                    .uri(format!("/malformed/full/{status}/{count}"))
                    .header("origin", "https://app.example")
                    .header("accept-encoding", "gzip");
                // Panics further in are a 500.
                let response = app.call(request.body(Body::empty()).unwrap()).await;
                assert!([status, 500].contains(&response.status().as_u16()), "{method} {count}: {}", response.status());
            }
        }
    }
}
