//! Which responses are stored, and that the others pass unchanged.

use std::{future::ready, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::{AppendHeaders, IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use routekit::{
    cache::{CacheLayer, NoStore},
    prelude::*,
};
use tower::{Layer, service_fn};

use super::{MINUTE, Read, Runs, app, ask, exact, get_of, start};

/// The second answer of a handler, which begins with a `2`.
type Make = fn(usize) -> Response;

struct Answers(Make);

#[get("/cache/stored", cache(ttl = 60, vary("accept-language"), max_body = 8))]
async fn made(answers: Dep<Answers>, calls: Dep<Runs>) -> Response {
    answers.0(calls.next())
}

fn with(status: u16, headers: &[(&'static str, &'static str)], n: usize) -> Response {
    let headers = AppendHeaders(headers.iter().copied());
    (StatusCode::from_u16(status).unwrap(), headers, n.to_string()).into_response()
}

macro_rules! answer {
    ($status:literal $(, $name:literal: $value:literal)*) => {
        |n| with($status, &[$(($name, $value)),*], n)
    };
}

fn streamed(n: usize) -> Response {
    Body::from_stream(stream::iter([Ok::<_, std::io::Error>(Bytes::from(n.to_string()))])).into_response()
}

fn with_trailers(n: usize) -> Response {
    let trailers = HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"t\""))]);
    let body = Full::new(Bytes::from(n.to_string())).with_trailers(ready(Some(Ok(trailers))));
    Response::new(Body::new(body))
}

/// A body of a known length that ends with unannounced trailers.
fn with_late_trailers(n: usize) -> Response {
    let trailers = HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"t\""))]);
    let frames = [Ok::<_, std::io::Error>(Frame::data(Bytes::from(n.to_string()))), Ok(Frame::trailers(trailers))];
    Response::new(Body::new(Sized(StreamBody::new(stream::iter(frames)), 1)))
}

/// A body shorter than its announced length.
fn too_short(n: usize) -> Response {
    let frames = [Ok::<_, std::io::Error>(Frame::data(Bytes::from(n.to_string())))];
    Response::new(Body::new(Sized(StreamBody::new(stream::iter(frames)), 5)))
}

/// A body with an announced length.
struct Sized<B>(B, u64);

impl<B: http_body::Body + Unpin> http_body::Body for Sized<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.1)
    }
}

const HIT: [&str; 2] = ["MISS", "HIT"];
const BYPASS: [&str; 2] = ["BYPASS", "BYPASS"];
/// A failure is shared by its waiters and not stored.
const FAILED: [&str; 2] = ["MISS", "MISS"];

const ROWS: &[(&str, Make, [&str; 2])] = &[
    ("200", answer!(200), HIT),
    ("203", answer!(203), HIT),
    ("204", |_| StatusCode::NO_CONTENT.into_response(), HIT),
    ("300", answer!(300), HIT),
    ("301", answer!(301, "location": "/"), HIT),
    ("201 that says for how long", answer!(201, "cache-control": "max-age=60"), HIT),
    ("202", answer!(202), BYPASS),
    ("206", answer!(206, "cache-control": "max-age=60"), BYPASS),
    ("302 that says for how long", answer!(302, "cache-control": "max-age=60"), HIT),
    ("304", |_| StatusCode::NOT_MODIFIED.into_response(), BYPASS),
    ("308", answer!(308), BYPASS),
    ("308 that says for how long", answer!(308, "cache-control": "max-age=60"), HIT),
    ("404", answer!(404), BYPASS),
    ("404 that says for how long", answer!(404, "cache-control": "max-age=60"), HIT),
    ("410 that says for how long", answer!(410, "cache-control": "s-maxage=60"), HIT),
    ("401 that says for how long", answer!(401, "cache-control": "max-age=60"), HIT),
    ("429", answer!(429, "cache-control": "max-age=60"), BYPASS),
    ("500", answer!(500), FAILED),
    ("503 that says for how long", answer!(503, "cache-control": "max-age=60"), FAILED),
    ("a cookie", answer!(200, "set-cookie": "a=b"), BYPASS),
    ("no-store", answer!(200, "cache-control": "no-store"), BYPASS),
    ("private", answer!(200, "cache-control": "max-age=60, private"), BYPASS),
    ("private for a header", answer!(200, "cache-control": "private=\"x-a\""), BYPASS),
    ("no-cache, in capitals", answer!(200, "cache-control": "No-Cache"), BYPASS),
    ("no-store in a second header", answer!(200, "cache-control": "max-age=9", "cache-control": "no-store"), BYPASS),
    ("public", answer!(200, "cache-control": "public"), HIT),
    ("max-age=0", answer!(200, "cache-control": "max-age=0"), BYPASS),
    ("no number", answer!(200, "cache-control": "max-age=soon"), BYPASS),
    ("s-maxage before max-age", answer!(200, "cache-control": "max-age=0, s-maxage=9"), HIT),
    ("s-maxage=0 before max-age", answer!(200, "cache-control": "s-maxage=0, max-age=9"), BYPASS),
    ("Vary that is in the key", answer!(200, "vary": "Accept-Language"), HIT),
    ("Vary that is not", answer!(200, "vary": "accept-language, cookie"), HIT),
    ("Vary that is not, in a second header", answer!(200, "vary": "accept-language", "vary": "cookie"), HIT),
    ("Vary: *", answer!(200, "vary": "*"), BYPASS),
    ("as large as may be", |n| format!("{n}2345678").into_response(), HIT),
    ("larger", |n| format!("{n}23456789").into_response(), BYPASS),
    ("no content", |_| "".into_response(), HIT),
    ("streamed", streamed, BYPASS),
    ("with trailers", with_trailers, BYPASS),
    ("with trailers after a known length", with_late_trailers, BYPASS),
    ("shorter than it says", too_short, BYPASS),
    ("NoStore beside it", |n| (NoStore, n.to_string()).into_response(), BYPASS),
    (
        "NoStore as an extension",
        |n| {
            let mut response = n.to_string().into_response();
            response.extensions_mut().insert(NoStore);
            response
        },
        BYPASS,
    ),
];

#[tokio::test]
async fn storable_responses_are_stored_in_an_app() {
    for (name, make, expected) in ROWS {
        let (app, _) = start(app(routes![made]).provide(Answers(*make)));
        for expected in expected {
            let answer = app.get("/cache/stored").send().await;
            assert_eq!(answer.header("x-cache"), Some(*expected), "{name}");
        }
    }
}

#[tokio::test]
async fn storable_responses_are_stored_in_front_of_any_service() {
    for (name, make, expected) in ROWS {
        let is_stored = *expected == HIT;
        let calls = Arc::new(Runs::default());
        let inner = service_fn(move |_: Request| {
            let calls = Arc::clone(&calls);
            async move { Ok(make(calls.next())) }
        });
        let layer = CacheLayer::new(exact().build()).ttl(MINUTE).vary([header::ACCEPT_LANGUAGE]).max_body(8);
        let cached = layer.layer(inner);
        for (round, expected) in expected.iter().enumerate() {
            let mut answer = ask(&cached, get_of("/")).await;
            assert_eq!(answer.x_cache(), *expected, "{name}");
            answer.headers.remove("x-cache");
            // A stored response states its length, which the server would do otherwise.
            let length = answer.headers.remove("content-length").filter(|_| *expected == "HIT");
            assert!(length.is_none_or(|length| length == answer.body.len().to_string()), "{name}");
            let age = answer.headers.remove("age").filter(|_| *expected == "HIT");
            assert!(age.is_none_or(|age| age == "0"), "{name}");
            let original = Read::all(make(if *expected == "HIT" { 1 } else { round + 1 })).await;
            assert!(answer.headers.remove("cache-status").is_some(), "{name}");
            // A response that is not stored says so, where the handler sets nothing.
            if !is_stored && !["cache-control", "expires"].iter().any(|name| original.headers.contains_key(*name)) {
                let control = answer.headers.remove("cache-control");
                assert_eq!(control.unwrap(), "no-cache", "{name}");
            }
            // A stored response has more headers where the handler sets none.
            for added in ["cache-control", "date", "etag", "vary"] {
                if is_stored && !original.headers.contains_key(added) {
                    answer.headers.remove(added);
                }
            }
            assert_eq!(answer, original, "{name}: {expected} as the handler made it");
        }
    }
}

#[get("/cache/explicit/{control}", cache(vary("accept-language")))]
async fn explicit(control: String, calls: Dep<Runs>) -> Response {
    let n = calls.next().to_string();
    if control == "none" { n.into_response() } else { ([(header::CACHE_CONTROL, control)], n).into_response() }
}

#[tokio::test]
async fn without_a_ttl_only_response_headers_make_it_fresh() {
    let (app, _) = start(app(routes![explicit]));
    for (control, expected) in [("none", BYPASS), ("public", BYPASS), ("max-age=5", HIT), ("s-maxage=5", HIT)] {
        for expected in expected {
            assert_eq!(super::did(&app, &format!("/cache/explicit/{control}")).await, expected, "{control}");
        }
    }
}

#[tokio::test]
async fn response_headers_override_the_ttl() {
    for (name, make, seconds) in [
        ("the ttl", answer!(200) as Make, 60),
        ("a shorter max-age", answer!(200, "cache-control": "max-age=5"), 5),
        ("a longer max-age", answer!(200, "cache-control": "max-age=600"), 600),
        ("s-maxage before both", answer!(200, "cache-control": "max-age=5, s-maxage=90"), 90),
        ("the shorter of two", answer!(200, "cache-control": "max-age=7", "cache-control": "max-age=90"), 7),
    ] {
        let (app, clock) = start(app(routes![made]).provide(Answers(make)));
        super::did(&app, "/cache/stored").await;
        clock.advance(Duration::from_secs(seconds) - Duration::from_millis(1));
        assert_eq!(super::did(&app, "/cache/stored").await, "HIT", "{name}");
        clock.advance(Duration::from_millis(1));
        assert_eq!(super::did(&app, "/cache/stored").await, "MISS", "{name}");
    }
}

#[tokio::test]
async fn unstored_response_streams() {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<Result<Bytes, std::io::Error>>();
    let receiver = Arc::new(std::sync::Mutex::new(Some(receiver)));
    let inner = service_fn(move |_: Request| {
        let receiver = receiver.lock().unwrap().take().unwrap();
        let chunks = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        async { Ok::<_, std::convert::Infallible>(Response::new(Body::from_stream(chunks))) }
    });
    let cached = CacheLayer::new(exact().build()).ttl(MINUTE).layer(inner);
    let mut answer = tower::ServiceExt::oneshot(cached, get_of("/")).await.unwrap();
    assert_eq!(answer.headers()["x-cache"], "BYPASS", "the head is there before the body");
    for chunk in ["one", "two"] {
        sender.send(Ok(Bytes::from_static(chunk.as_bytes()))).unwrap();
        assert_eq!(answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), chunk);
    }
    drop(sender);
    assert!(answer.body_mut().frame().await.is_none());
}
