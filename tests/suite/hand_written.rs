//! Hand-written axum routers beside discovered routes, and their conflicts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{
        Multipart, State,
        ws::{Message, WebSocketUpgrade},
    },
    response::{
        Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{SinkExt, Stream, StreamExt, stream};
use routekit::{config::AdminAddr, prelude::*, test::TestApp};
use tower::ServiceExt;

use crate::wire;

#[get("/h/users/{id}")]
async fn user(id: u32) -> String {
    format!("ours {id}")
}

#[get("/h/socket")]
async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let echo = Message::Text(format!("echo {text}").into());
            if socket.send(echo).await.is_err() {
                break;
            }
        }
    })
}

#[get("/h/events", timeout = "1s")]
async fn events() -> Sse<impl Stream<Item = Result<Event, std::convert::Infallible>>> {
    let events = stream::iter(0..3).then(|n| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Event::default().data(n.to_string()))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

#[post("/h/upload")]
async fn upload(mut multipart: Multipart) -> Result<String> {
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or("?").to_owned();
        let bytes = field.bytes().await?;
        parts.push(format!("{name}={}", bytes.len()));
    }
    Ok(parts.join(" "))
}

/// An existing axum app.
fn existing() -> Router {
    Router::new()
        .route("/old/state", axum::routing::get(|State(n): State<u8>| async move { n.to_string() }))
        .route("/old/panic", axum::routing::get(|| async { panic!("old code") as () }))
        .with_state(7)
}

fn app() -> App {
    App::with_routes(routes![user, socket, events, upload]).merge(existing()).nest("/nested", existing())
}

#[tokio::test]
async fn merged_router_serves_beside_routes() {
    let app = wire::run(app()).await;
    for (path, status, text) in [
        ("/h/users/1", 200, "ours 1"),
        ("/old/state", 200, "7"),
        ("/nested/old/state", 200, "7"),
        ("/health/live", 200, r#"{"status":"ok"}"#),
    ] {
        let (parts, body) = app.http1(wire::get(path)).await;
        assert_eq!((parts.status.as_u16(), body.as_str()), (status, text), "{path}");
    }
    let (parts, _) = app.http1(wire::get("/old/nothing")).await;
    assert_eq!(parts.status, 404);
    assert_eq!(parts.headers["content-type"], "application/problem+json");
    let (parts, _) = app.http1(wire::get("/old/panic")).await;
    assert_eq!(parts.status, 500, "hand-written routes are caught too");
}

#[tokio::test]
async fn websocket_echoes() {
    let app = wire::run(app()).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/h/socket", app.addr)).await.unwrap();
    for text in ["one", "two"] {
        socket.send(tokio_tungstenite::tungstenite::Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), format!("echo {text}"));
    }
}

#[tokio::test]
async fn server_sent_events_stream() {
    let app = wire::run(app()).await;
    let (parts, body) = app.http1(wire::get("/h/events")).await;
    assert_eq!(parts.headers["content-type"], "text/event-stream");
    assert_eq!(body, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

#[tokio::test]
async fn multipart_upload_is_read() {
    let app = wire::run(app()).await;
    let body = "--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nhello\r\n\
                --x\r\ncontent-disposition: form-data; name=\"b\"; filename=\"b.bin\"\r\n\r\n123\r\n--x--\r\n";
    let request = http::Request::post("/h/upload")
        .header("host", "localhost")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Body::from(body))
        .unwrap();
    assert_eq!(app.http1(request).await.1, "a=5 b=3");
}

#[tokio::test]
async fn malformed_uploads_are_problems() {
    let app = TestApp::new(app());
    let head = "--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n";
    let large = || stream::iter((0..2 << 10).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 10])));
    let rows = [
        ("too large", Body::from_stream(stream::iter([Ok(head.as_bytes().to_vec())]).chain(large())), 413),
        ("broken off", Body::from(format!("{head}hello")), 400),
        ("another boundary", Body::from("--y\r\n"), 400),
    ];
    for (name, body, status) in rows {
        let request = app.post("/h/upload").header("content-type", "multipart/form-data; boundary=x").body(body);
        assert_eq!(request.send().await.status(), status, "{name}");
    }
}

#[tokio::test]
async fn layers_of_hand_written_handlers_apply_once() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let layer = tower::layer::layer_fn(move |inner: axum::routing::Route| {
        count.fetch_add(1, Ordering::Relaxed);
        inner
    });
    let app = TestApp::new(App::with_routes(routes![user]).merge(get("/h/layered").layer(layer)));
    let at_start = made.load(Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(app.get("/h/layered").send().await.text(), "theirs");
    }
    assert_eq!(made.load(Ordering::Relaxed), at_start);
}

#[tokio::test]
async fn nested_app_knows_its_prefix() {
    let router = Router::new().nest("/outer", App::with_routes(routes![user]).into_router().unwrap());
    let request = http::Request::get("/outer/h/users/x").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 400);
    let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["instance"], "/outer/h/users/x");
}

fn get(path: &str) -> Router {
    Router::new().route(path, axum::routing::get(|| async { "theirs" }))
}

fn conflict(app: App) -> (String, String, String) {
    let error = app.into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    let [subject, router] = problem.locations() else { panic!("{error}") };
    assert_eq!(problem.code(), "router-conflict");
    let text = problem.to_string();
    let (_, reason) = text.split_once("axum says: ").unwrap();
    (subject.clone(), router.clone(), reason.to_owned())
}

#[test]
fn overlapping_hand_written_route_is_a_startup_error() {
    let (subject, router, reason) = conflict(App::with_routes(routes![user, socket]).merge(get("/h/users/{name}")));
    assert!(subject.starts_with("GET /h/users/{id} (tests/suite/hand_written.rs:"), "{subject}");
    assert!(router.starts_with("tests/suite/hand_written.rs:"), "{router}");
    assert!(reason.contains("/h/users/"), "{reason}");
}

#[test]
fn same_route_in_a_hand_written_router_is_a_startup_error() {
    let (subject, _, reason) = conflict(App::with_routes(routes![user]).merge(get("/h/users/{id}")));
    assert!(subject.starts_with("GET /h/users/{id}"), "{subject}");
    assert!(reason.contains("Overlapping method route"), "{reason}");
}

#[test]
fn reserved_path_in_a_hand_written_router_is_a_startup_error() {
    let (subject, ..) = conflict(App::with_routes(routes![user]).merge(get("/health/ready")));
    assert_eq!(subject, "routekit's own /health");
    let app = App::with_routes(routes![user]).configure(|config| config.set_admin_addr(AdminAddr::Main));
    let (subject, ..) = conflict(app.merge(get("/metrics")));
    assert_eq!(subject, "routekit's own admin surface");
    // With the admin surface on its own listener, the path is free.
    assert!(App::with_routes(routes![user]).merge(get("/metrics")).into_router().is_ok());
}

#[test]
fn two_fallbacks_are_a_startup_error() {
    let fallback = || Router::new().fallback(|| async { "lost" });
    let (subject, _, reason) = conflict(App::with_routes(routes![user]).merge(fallback()).merge(fallback()));
    assert_eq!(subject, "another hand-written router");
    assert!(reason.contains("fallback"), "{reason}");
}

#[test]
fn impossible_nesting_is_a_startup_error() {
    let (_, _, reason) = conflict(App::with_routes(routes![user]).nest("/", get("/x")));
    assert!(reason.contains("Nesting at the root"), "{reason}");
}

#[test]
fn router_nested_at_a_path_that_no_client_sends_is_a_startup_error() {
    for (path, fix) in [("/ü", "write `%C3%BC`"), ("/a//b", "write `/a/b`")] {
        let error = App::with_routes(routes![user]).nest(path, get("/x")).into_router().unwrap_err();
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!((problem.code(), problem.locations().len()), ("invalid-path", 1), "{error}");
        assert!(problem.to_string().contains(fix), "{error}");
    }
    assert!(App::with_routes(routes![user]).nest("/{tenant}", get("/x")).into_router().is_ok());
}

#[tokio::test]
async fn another_method_on_the_same_path_is_allowed() {
    let theirs = Router::new().route("/h/users/{id}", axum::routing::post(|| async { "theirs" }));
    let app = TestApp::new(App::with_routes(routes![user]).merge(theirs));
    assert_eq!(app.get("/h/users/1").send().await.text(), "ours 1");
    assert_eq!(app.post("/h/users/1").send().await.text(), "theirs");
    let refused = app.delete("/h/users/1").send().await;
    assert_eq!(refused.status(), 405);
    let mut allowed: Vec<&str> = refused.header("allow").unwrap().split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn fallback_of_a_hand_written_router_is_kept() {
    let theirs = Router::new().fallback(|| async { "their fallback" });
    let app = TestApp::new(App::with_routes(routes![user]).merge(theirs));
    assert_eq!(app.get("/nothing").send().await.text(), "their fallback");
}
