//! Observers and listeners that panic.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{Router, body::Body, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Method, Request};
use routekit::{
    breaker::CircuitBreaker,
    observe::{Event, Finished, Observer, RouteObservers, RouteState},
    prelude::*,
    test::TestApp,
    watch::WatchLayer,
};
use tower::ServiceExt;

use crate::wire;

#[get("/o/text")]
async fn text() -> &'static str {
    "text"
}

/// Its panic is an event, which is observed further out.
#[get("/o/panics")]
async fn panics() {
    panic!("this handler panics");
}

#[get("/o/stream")]
async fn streams() -> Response {
    let chunks = ["one", "two"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk)));
    Response::new(Body::from_stream(stream::iter(chunks)))
}

/// The body panics after its first chunk.
#[get("/o/broken")]
async fn broken() -> Response {
    let chunks = stream::iter(0..2).then(async |number| {
        // The server sends what it has.
        tokio::task::yield_now().await;
        assert_eq!(number, 0, "this body panics");
        Ok::<_, std::io::Error>(Bytes::from("one"))
    });
    Response::new(Body::from_stream(chunks))
}

/// Panics at every call.
struct Panicking;

impl Observer for Panicking {
    fn started(&self, _: &Method) {
        panic!("this observer panics at the start");
    }

    fn event(&self, _: Event) {
        panic!("this observer panics at an event");
    }

    fn finished(&self, _: &Finished<'_>) {
        panic!("this observer panics at the end");
    }
}

#[derive(Clone, Default)]
struct Count(Arc<[AtomicU32; 3]>);

impl Count {
    fn add(&self, at: usize) {
        self.0[at].fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that started, events, and requests that ended.
    fn counts(&self) -> [u32; 3] {
        [0, 1, 2].map(|at| self.0[at].load(Ordering::Relaxed))
    }
}

impl Observer for Count {
    fn started(&self, _: &Method) {
        self.add(0);
    }

    fn event(&self, _: Event) {
        self.add(1);
    }

    fn finished(&self, _: &Finished<'_>) {
        self.add(2);
    }
}

fn app(count: &Count) -> App {
    App::with_routes(routes![text, panics, streams, broken]).observer(Panicking).observer(count.clone())
}

#[tokio::test]
async fn panicking_observer_changes_no_response() {
    let count = Count::default();
    let app = TestApp::new(app(&count));
    for (path, status, text, counts) in [
        ("/o/text", 200, "text", [1, 0, 1]),
        ("/o/stream", 200, "onetwo", [2, 0, 2]),
        ("/o/panics", 500, "", [3, 1, 3]),
        ("/o/nothing", 404, "", [3, 1, 4]),
    ] {
        let answer = app.get(path).send().await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(text.is_empty() || answer.text() == text, "{path}: {}", answer.text());
        assert_eq!(count.counts(), counts, "{path}: the other observer misses nothing");
    }
}

/// A second panic that leaves a destructor would abort the process, and this whole suite with it.
#[tokio::test]
async fn panicking_observer_beside_a_panicking_body_ends_one_connection_only() {
    let count = Count::default();
    let app = wire::run(app(&count)).await;
    let mut connection = app.http1_connection().await;
    let response = connection.send_request(wire::get("/o/broken")).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = http_body_util::BodyExt::collect(response.into_body()).await;
    assert!(body.is_err(), "the body is cut off");
    assert_eq!(app.http1(wire::get("/o/text")).await.1, "text");
    assert_eq!(count.counts(), [2, 0, 2]);
}

/// Panics when it is asked for the observer of a route.
struct NoState;

impl RouteObservers for NoState {
    fn route(&self, template: &str) -> Arc<RouteState> {
        panic!("no state for {template}");
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched(()))
    }
}

#[tokio::test]
async fn route_whose_observer_cannot_be_made_answers() {
    let router: Router = Router::new().route("/", axum::routing::get(|| async { "axum" }));
    let router = router.layer(WatchLayer::per_route(NoState));
    for _ in 0..2 {
        let request = Request::get("/").body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 200);
    }
}

#[test]
fn panicking_transition_listener_does_not_keep_others_from_being_called() {
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let breaker = CircuitBreaker::builder("listeners")
        .on_transition(|_| panic!("this listener panics"))
        .on_transition(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .build();
    breaker.unwrap().force_open();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
