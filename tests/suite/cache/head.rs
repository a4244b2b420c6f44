//! HEAD is GET without its content.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get as get_service,
};
use futures_util::stream;
use http::{Method, StatusCode, header};
use routekit::{cache::CacheLayer, prelude::*};
use tower_http::compression::CompressionLayer;

use super::{MINUTE, Read, Runs, app, ask, exact, start};

#[get("/cache/page", cache(ttl = 60))]
async fn page(method: Method, calls: Dep<Runs>) -> String {
    format!("{method} page {}", calls.next())
}

#[get("/cache/cookie", cache(ttl = 60))]
async fn cookie(method: Method) -> ([(&'static str, &'static str); 1], String) {
    ([("set-cookie", "a=b")], format!("{method} page"))
}

#[get("/cache/told", cache(ttl = 60))]
async fn told() -> ([(&'static str, &'static str); 1], String) {
    ([("content-type", "text/plain")], "x".repeat(1000))
}

fn request(method: &Method, path: &str) -> axum::extract::Request {
    axum::extract::Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

/// `X-Cache`, `Content-Length` and content of a response.
fn seen(answer: &Read) -> (String, Option<String>, String) {
    let length = answer.headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap().to_owned());
    (answer.x_cache().to_owned(), length, answer.body.clone())
}

#[tokio::test]
async fn head_and_get_share_an_entry() {
    let shared = || {
        let calls = Arc::new(Runs::default());
        move |method: Method| {
            let n = calls.next();
            async move { format!("{method} page {n}") }
        }
    };
    let layer = || CacheLayer::new(exact().build()).ttl(MINUTE);
    let on_the_handler = Router::new().route("/cache/page", get_service(shared()).layer(layer()));
    let on_the_router = Router::new().route("/cache/page", get_service(shared())).layer(layer());
    for first in [Method::HEAD, Method::GET] {
        let (app, _) = start(app(routes![page]));
        let length = |answer: &Read| answer.headers.get(header::CONTENT_LENGTH).cloned();
        for method in [&first, &Method::GET, &Method::HEAD] {
            let answer = Read::all(app.call(request(method, "/cache/page")).await).await;
            let expected = if *method == Method::HEAD { "" } else { "GET page 1" };
            assert_eq!(answer.body, expected, "{method} after {first}");
            if *method == Method::HEAD {
                assert_eq!(length(&answer).unwrap(), "10", "{method} after {first}");
            }
        }
    }
    for (name, router) in [("around a handler", on_the_handler), ("around a router", on_the_router)] {
        let asked = async |method| seen(&ask(&router.clone(), request(&method, "/cache/page")).await);
        let head = |did: &str| (did.to_owned(), Some("10".to_owned()), String::new());
        // A handler behind a plain layer may answer HEAD alone, so that answer is not stored.
        let (did, length, body) = asked(Method::HEAD).await;
        assert_eq!((did.as_str(), length.as_deref(), body.as_str()), ("BYPASS", Some("11"), ""), "{name}");
        let (did, _, body) = asked(Method::GET).await;
        assert_eq!((did.as_str(), body.as_str()), ("MISS", "GET page 2"), "{name}");
        assert_eq!(asked(Method::HEAD).await, head("HIT"), "{name}");
    }
}

/// Regression: the answer of the HEAD handler was served to clients that sent GET.
#[tokio::test]
async fn plain_layer_does_not_serve_head_answers_to_get() {
    let layer = CacheLayer::new(exact().build()).ttl(MINUTE);
    let handlers = get_service(async || "the content").head(async || "").layer(layer);
    let router: Router = Router::new().route("/x", handlers);
    let asked = async |method| seen(&ask(&router.clone(), request(&method, "/x")).await);
    for (method, did, body) in [
        (Method::HEAD, "BYPASS", ""),
        (Method::GET, "MISS", "the content"),
        (Method::HEAD, "HIT", ""),
        (Method::GET, "HIT", "the content"),
    ] {
        let (x_cache, _, content) = asked(method.clone()).await;
        assert_eq!((x_cache.as_str(), content.as_str()), (did, body), "{method}");
    }
}

#[tokio::test]
async fn head_of_an_unstored_response_has_no_content() {
    let (app, _) = start(app(routes![cookie]));
    let answer = Read::all(app.call(request(&Method::HEAD, "/cache/cookie")).await).await;
    assert_eq!(seen(&answer), ("BYPASS".to_owned(), Some("8".to_owned()), String::new()));
    assert_eq!(answer.headers["set-cookie"], "a=b");
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let (app, _) = start(app(routes![told]));
    let headers = async |method: Method| {
        let answer = app.request(method, "/cache/told").header("x-correlation-id", "a").send().await;
        let mut headers = answer.headers().clone();
        headers.remove("content-length");
        headers
    };
    headers(Method::GET).await;
    assert_eq!(headers(Method::HEAD).await, headers(Method::GET).await);
}

#[get("/cache/both", cache(ttl = 60))]
async fn both_get(calls: Dep<Runs>) -> ([(&'static str, &'static str); 1], String) {
    ([("x-handler", "get")], format!("content {}", calls.next()))
}

#[head("/cache/both", cache(ttl = 60))]
async fn both_head(calls: Dep<Runs>) -> [(&'static str, String); 2] {
    [("x-handler", "head".to_owned()), ("x-call", calls.next().to_string())]
}

#[head("/cache/both")]
async fn both_head_uncached(calls: Dep<Runs>) -> [(&'static str, String); 2] {
    [("x-handler", "head".to_owned()), ("x-call", calls.next().to_string())]
}

#[tokio::test]
async fn explicit_head_route_beside_get_has_its_own_answer() {
    for (name, head, expected) in [
        ("cached", routes![both_get, both_head], ["MISS", "HIT"]),
        ("not cached", routes![both_get, both_head_uncached], ["none", "none"]),
    ] {
        let (app, _) = start(app(head));
        let ask = async |method: Method| {
            let answer = app.request(method, "/cache/both").send().await;
            let x_cache = answer.header("x-cache").unwrap_or("none").to_owned();
            (x_cache, answer.header("x-handler").unwrap().to_owned(), answer.text().to_owned())
        };
        for round in 0..2 {
            let did = expected[round];
            assert_eq!(ask(Method::HEAD).await, (did.to_owned(), "head".to_owned(), String::new()), "{name}");
            let (did, handler, text) = ask(Method::GET).await;
            assert_eq!((did.as_str(), handler.as_str()), (["MISS", "HIT"][round], "get"), "{name}");
            assert_eq!(text, "content 2", "{name}");
        }
    }
}

#[get("/cache/streamed", cache(ttl = 60))]
async fn streamed() -> Body {
    Body::from_stream(stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"12345"))]))
}

#[get("/cache/compressed", cache(ttl = 60), layer(CompressionLayer::new()))]
async fn compressed() -> String {
    "x".repeat(1000)
}

#[get("/cache/empty", cache(ttl = 60))]
async fn empty() -> &'static str {
    ""
}

#[get("/cache/nothing", cache(ttl = 60))]
async fn nothing() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// A response to HEAD has the length of the content that GET would have, or none (RFC 9110 §8.6).
#[tokio::test]
async fn head_never_says_a_wrong_length() {
    let app = app(routes![told, streamed, compressed, empty, nothing, both_get, both_head]);
    let (app, _) = start(app);
    for (path, expected) in [
        ("/cache/told", Some("1000")),
        ("/cache/streamed", None),
        ("/cache/compressed", None),
        ("/cache/empty", None),
        ("/cache/nothing", None),
        ("/cache/both", None),
    ] {
        for round in ["first", "again", "after GET"] {
            if round == "after GET" {
                app.get(path).header("accept-encoding", "gzip").send().await;
            }
            let head = app.request(Method::HEAD, path).header("accept-encoding", "gzip").send().await;
            let length = head.header("content-length").filter(|length| path != "/cache/empty" || *length != "0");
            assert_eq!(length, expected, "{path} {round}");
        }
    }
}

/// A compression layer decides by the length of a response, which a HEAD response has in its headers only.
#[tokio::test]
async fn head_of_a_hit_is_compressed_as_the_get_is() {
    let (app, _) = start(app(routes![told]).layer(CompressionLayer::new()));
    let headers = async |method: Method| {
        let answer = app.request(method, "/cache/told").header("accept-encoding", "gzip").send().await;
        (answer.header("content-encoding").map(str::to_owned), answer.header("content-length").map(str::to_owned))
    };
    let compressed = (Some("gzip".to_owned()), None);
    assert_eq!(headers(Method::HEAD).await, compressed);
    assert_eq!(headers(Method::GET).await, compressed);
    assert_eq!(headers(Method::HEAD).await, compressed);
}
