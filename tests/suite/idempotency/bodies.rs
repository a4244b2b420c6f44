//! What of a response is stored, and bodies that come slowly.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Collected};
use routekit::{ManualClock, cache::Cache, idempotency::IdempotencyLayer};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::{KEY, SECOND};
use crate::support::{Runs, idle};

/// A body that announces four bytes.
struct FourBytes(Pin<Box<dyn Stream<Item = Frame<Bytes>> + Send>>);

impl http_body::Body for FourBytes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_next_unpin(cx).map(|frame| frame.map(Ok))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(4)
    }
}

fn keyed() -> Request {
    Request::post("/").header("idempotency-key", KEY).body(Body::empty()).unwrap()
}

async fn call(router: Router) -> (StatusCode, HeaderMap, Collected<Bytes>) {
    let (parts, body) = router.oneshot(keyed()).await.unwrap().into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap())
}

/// A router whose handler answers at once. The body of its first response comes when the gate opens.
fn slow() -> (Router, ManualClock, Arc<Runs>, Arc<Semaphore>) {
    let (clock, runs, gate) = (ManualClock::new(), Arc::new(Runs::default()), Arc::new(Semaphore::new(0)));
    let cache = Cache::builder().clock(clock.clock()).build();
    let layer = IdempotencyLayer::new(cache).lease(6 * SECOND).grace(30 * SECOND);
    let (counted, opened) = (Arc::clone(&runs), Arc::clone(&gate));
    let handler = async move || {
        let (run, gate) = (counted.next(), Arc::clone(&opened));
        let frame = async move {
            if run == 1 {
                gate.acquire().await.unwrap().forget();
            }
            Frame::data(format!("no {run}").into())
        };
        Body::new(FourBytes(Box::pin(stream::once(frame))))
    };
    (Router::new().route("/", post(handler)).layer(layer), clock, runs, gate)
}

#[tokio::test(start_paused = true)]
async fn claim_is_renewed_while_the_body_comes_slowly() {
    let (router, clock, runs, gate) = slow();
    let first = tokio::spawn(call(router.clone()));
    idle().await;
    for _ in 0..9 {
        assert_eq!(call(router.clone()).await.0, StatusCode::CONFLICT, "longer than the lease");
        clock.advance(3 * SECOND);
        idle().await;
    }
    gate.add_permits(1);
    for (_, _, body) in [first.await.unwrap(), call(router.clone()).await] {
        assert_eq!(body.to_bytes(), "no 1");
    }
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_end_within_the_grace_is_504_and_releases_the_key() {
    let (router, clock, runs, _gate) = slow();
    let first = tokio::spawn(call(router.clone()));
    idle().await;
    for _ in 0..10 {
        assert_eq!(call(router.clone()).await.0, StatusCode::CONFLICT);
        clock.advance(3 * SECOND);
        idle().await;
    }
    assert!(first.is_finished(), "the grace is over");
    assert_eq!(first.await.unwrap().0, StatusCode::GATEWAY_TIMEOUT);
    for _ in 0..2 {
        let (status, _, body) = call(router.clone()).await;
        assert_eq!((status, body.to_bytes()), (StatusCode::OK, "no 2".into()), "the key is free at once");
    }
    assert_eq!(runs.count(), 2);
}

#[tokio::test]
async fn trailers_are_sent_to_the_first_client_only() {
    let trailers = || HeaderMap::from_iter([("digest".parse().unwrap(), HeaderValue::from_static("of paid"))]);
    let handler = async move || {
        let frames = [Frame::data("paid".into()), Frame::trailers(trailers())];
        Body::new(FourBytes(Box::pin(stream::iter(frames))))
    };
    let router: Router = Router::new().route("/", post(handler)).layer(IdempotencyLayer::new(Cache::new()));
    for expected in [Some(trailers()), None] {
        let (_, headers, body) = call(router.clone()).await;
        assert_eq!(headers.contains_key("idempotency-replayed"), expected.is_none());
        assert_eq!(body.trailers(), expected.as_ref());
        assert_eq!(body.to_bytes(), "paid");
    }
}

/// They permit the origin of the first request.
#[tokio::test]
async fn access_control_headers_are_not_replayed() {
    async fn handler() -> Response {
        let allow = ("access-control-allow-origin", "https://first.example");
        ([allow, ("access-control-allow-credentials", "true"), ("x-own", "kept")], "paid").into_response()
    }
    let router: Router = Router::new().route("/", post(handler)).layer(IdempotencyLayer::new(Cache::new()));
    for is_first in [true, false] {
        let (_, headers, _) = call(router.clone()).await;
        for (name, expected) in [
            ("access-control-allow-origin", is_first),
            ("access-control-allow-credentials", is_first),
            ("x-own", true),
            ("idempotency-replayed", !is_first),
        ] {
            assert_eq!(headers.contains_key(name), expected, "{name}");
        }
    }
}
