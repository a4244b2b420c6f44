//! Limits on simultaneous requests of a route.

use std::{
    future::{Future, pending},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
};
use futures_util::FutureExt;
use http::StatusCode;
use routekit::{
    Spawner,
    cache::{Cache, InvalidateLayer},
    concurrency::{ConcurrencyLayer, RunningPermit},
    config::Config,
    prelude::*,
    test::TestApp,
};
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet};
use tower::{ServiceExt, layer::layer_fn};

use crate::support::OnTask;

struct Gate(Semaphore);

#[get("/c/{how}", concurrency = 4, timeout = "1s")]
async fn limited(how: String, gate: Dep<Gate>) -> StatusCode {
    match how.as_str() {
        "panic" => panic!("as it should"),
        "hang" => pending().await,
        "wait" => gate.0.acquire().await.unwrap().forget(),
        "fail" => return StatusCode::INTERNAL_SERVER_ERROR,
        _ => {}
    }
    StatusCode::OK
}

fn app() -> (App, Arc<Gate>) {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    (App::with_routes(routes![limited]).provide_shared(Arc::clone(&gate)), gate)
}

fn in_flight(app: &TestApp) -> String {
    let text = app.metrics();
    let line = text.lines().find(|line| line.starts_with("routekit_concurrency_in_flight{")).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn request_beyond_the_limit_is_503_at_once() {
    let (app, gate) = app();
    let app = TestApp::new(app);
    let mut waiting = JoinSet::new();
    for _ in 0..4 {
        waiting.spawn(app.get("/c/wait").send());
    }
    tokio::task::yield_now().await;
    assert_eq!(in_flight(&app), "4");
    let refused = app.get("/c/fine").send().now_or_never().expect("no request waits");
    assert_eq!((refused.status(), refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    let detail = "too many requests of this kind are in progress; try again in a moment";
    assert_eq!(refused.json::<Value>()["detail"], detail);
    gate.0.add_permits(4);
    assert!(waiting.join_all().await.iter().all(|answer| answer.status() == 200));
    assert_eq!(app.get("/c/fine").send().await.status(), 200);
    let text = app.metrics();
    let route = r#"http_request_method="GET",http_route="/c/{how}""#;
    for line in [
        format!("routekit_concurrency_rejected_total{{{route}}} 1"),
        format!(r#"routekit_policy_answers_total{{{route},policy="concurrency"}} 1"#),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.contains(r#"error_type="concurrency""#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn every_exit_returns_its_permit() {
    let (app, _gate) = app();
    let app = TestApp::new(app);
    for (how, status) in [("fine", 200), ("fail", 500), ("panic", 500), ("hang", 504)] {
        for _ in 0..20 {
            assert_eq!(app.get(&format!("/c/{how}")).send().await.status(), status, "{how}");
        }
        assert_eq!(in_flight(&app), "0", "{how}");
    }
    for _ in 0..20 {
        assert!(app.get("/c/hang").send().now_or_never().is_none(), "a client that leaves");
    }
    assert_eq!(in_flight(&app), "0");
    assert_eq!(app.get("/c/fine").send().await.status(), 200);
}

#[tokio::test]
async fn limit_is_per_route_and_not_per_connection() {
    let (app, gate) = app();
    let app = crate::wire::run(app).await;
    let mut waiting = JoinSet::new();
    for _ in 0..4 {
        let mut connection = app.http1_connection().await;
        waiting.spawn(async move { connection.send_request(crate::wire::get("/c/wait")).await.unwrap().status() });
    }
    let refused = tokio::time::timeout(Duration::from_secs(30), async {
        while app.http1(crate::wire::get("/c/fine")).await.0.status != 503 {}
    });
    refused.await.expect("four connections hold what there is");
    gate.0.add_permits(4);
    assert!(waiting.join_all().await.iter().all(|status| *status == 200));
}

#[test]
fn limit_can_be_configured() {
    let configured = |value: &str| {
        let toml = format!("[route.\"GET /c/{{how}}\"]\nconcurrency = {value}\n");
        Config::builder().toml("routekit.toml", toml).build()
    };
    for (value, expected) in
        [("7", "concurrency = 7 (routekit.toml)"), ("\"off\"", "concurrency = off (routekit.toml)")]
    {
        let app = TestApp::new(app().0.config(configured(value).unwrap()));
        let said = app.table().explain("GET /c/{how}").unwrap().to_string();
        assert!(said.contains(expected), "{said}");
    }
    for wrong in ["0", "-1", "\"many\""] {
        let said = configured(wrong).unwrap_err().to_string();
        assert!(said.contains("concurrency"), "{said}");
    }
}

/// Counts the handlers, and the work of handlers, that run at a time.
#[derive(Default)]
struct Running {
    now: AtomicUsize,
    most: AtomicUsize,
}

struct Run(Arc<Running>);

impl Running {
    fn begin(self: &Arc<Self>) -> Run {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Run(Arc::clone(self))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Continues without its client, because it invalidates.
#[post("/c/invalidates", concurrency = 1, timeout = "1s", invalidates("users"))]
async fn invalidates(running: Dep<Running>) {
    let _run = running.into_inner().begin();
    pending::<()>().await;
}

/// Runs on another task, which continues without its client.
#[post("/c/layered", concurrency = 1, timeout = "1s", layer(layer_fn(OnTask)))]
async fn layered(running: Dep<Running>, _body: Bytes) {
    let _run = running.into_inner().begin();
    pending::<()>().await;
}

/// Has work on another task.
#[post("/c/works", concurrency = 1, timeout = "1s")]
async fn works(permit: RunningPermit, running: Dep<Running>) {
    let run = running.into_inner().begin();
    let work = tokio::spawn(async move {
        let _held = (run, permit);
        pending::<()>().await;
    });
    work.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn handler_that_outlives_its_client_or_its_time_holds_its_permit() {
    for path in ["/c/invalidates", "/c/layered", "/c/works"] {
        for leaves in [true, false] {
            let running = Arc::new(Running::default());
            let app = App::with_routes(routes![invalidates, layered, works]).provide_shared(Arc::clone(&running));
            let app = TestApp::new(app);
            let mut statuses = Vec::new();
            for _ in 0..8 {
                let answer = app.post(path).send();
                let answer = if leaves { yielding(answer).await } else { Some(answer.await) };
                statuses.push(answer.map(|answer| answer.status().as_u16()));
            }
            let first = if leaves { None } else { Some(504) };
            assert_eq!(statuses, [vec![first], vec![Some(503); 7]].concat(), "{path}");
            assert_eq!(running.most.load(Ordering::SeqCst), 1, "{path}");
        }
    }
}

/// The response, or `None` for a client that leaves after the handler has begun.
async fn yielding<T>(answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    for _ in 0..4 {
        if let Some(answer) = answer.as_mut().now_or_never() {
            return Some(answer);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn permit_of_finished_work_is_free_again() {
    #[get("/c/spawns", concurrency = 1)]
    async fn spawns(permit: RunningPermit, gate: Dep<Gate>) {
        tokio::spawn(async move {
            gate.0.acquire().await.unwrap().forget();
            drop(permit);
        });
    }

    let gate = Arc::new(Gate(Semaphore::new(0)));
    let app = TestApp::new(App::with_routes(routes![spawns]).provide_shared(Arc::clone(&gate)));
    assert_eq!(app.get("/c/spawns").send().await.status(), 200);
    assert_eq!(app.get("/c/spawns").send().await.status(), 503, "the work of the first request runs on");
    gate.0.add_permits(1);
    tokio::task::yield_now().await;
    assert_eq!(app.get("/c/spawns").send().await.status(), 200);
}

#[tokio::test]
async fn layers_of_a_plain_router_count_a_handler_that_continues_to_invalidate() {
    let cache = Cache::builder().spawner(Spawner::tokio()).build();
    let limit = ConcurrencyLayer::new(1);
    let app: Router = Router::new()
        .route("/", axum::routing::post(pending::<()>))
        .layer(InvalidateLayer::new(cache).tags(["users"]))
        .layer(limit.clone());
    let request = || Request::post("/").body(Body::empty()).unwrap();
    assert!(app.clone().oneshot(request()).now_or_never().is_none(), "the client leaves");
    assert_eq!(limit.in_flight(), 1);
    assert_eq!(app.oneshot(request()).await.unwrap().status(), 503);
}

/// Work that outlives its request holds the permits of all limits around it.
#[tokio::test]
async fn permit_of_an_inner_limit_holds_that_of_an_outer_one() {
    let (outer, inner) = (ConcurrencyLayer::new(8), ConcurrencyLayer::new(2));
    let held: Arc<std::sync::Mutex<Option<RunningPermit>>> = Arc::default();
    let keeps = Arc::clone(&held);
    let handler = move |permit: RunningPermit| {
        *keeps.lock().unwrap() = Some(permit);
        pending::<()>()
    };
    let app = Router::new().route("/", axum::routing::get(handler)).layer(inner.clone()).layer(outer.clone());
    let mut request = Box::pin(app.oneshot(Request::new(Body::empty())));
    assert!((&mut request).now_or_never().is_none());
    drop(request);
    assert_eq!((outer.in_flight(), inner.in_flight()), (1, 1));
    held.lock().unwrap().take();
    assert_eq!((outer.in_flight(), inner.in_flight()), (0, 0));
}
