//! Headers with any bytes: the safe reading, and never a 5xx.

use axum::{body::Body, extract::Request};
use http::{HeaderValue, request::Parts};
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
