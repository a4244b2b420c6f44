//! The phases, and what happens to requests in each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use http::Request;
use routekit::{
    config::Config,
    observe::{Failure, Finished, Observer},
    prelude::*,
    shutdown::{Shutdown, ShutdownPhase},
    test::TestApp,
};
use tokio::net::TcpStream;

use super::{Gate, closed, ended, gated, run, wait};
use crate::wire;

#[tokio::test]
async fn draining_app_serves_and_is_not_ready() {
    let (app, _) = gated();
    let shutdown = app.shutdown();
    let app = app.configure(|config| config.set_server_drain_delay(Duration::from_secs(29)));
    let app = wire::run_as_configured(app).await;
    let mut kept = app.http1_connection().await;
    let (parts, _) = wire::read(kept.send_request(wire::get("/sd/now")).await.unwrap()).await;
    assert_eq!(parts.headers.get("connection"), None);

    shutdown.begin("a test");
    shutdown.begin("another one");
    assert_eq!((shutdown.phase(), shutdown.reason().as_deref()), (ShutdownPhase::Draining, Some("a test")));
    shutdown.begun().await;
    let ready = app.http1(wire::get("/health/ready")).await.0;
    assert_eq!((ready.status.as_u16(), &ready.headers["connection"]), (503, &http::HeaderValue::from_static("close")));
    kept.ready().await.unwrap();
    let (parts, body) = wire::read(kept.send_request(wire::get("/sd/now")).await.unwrap()).await;
    assert_eq!((parts.status.as_u16(), body.as_str()), (200, "now"));
    assert_eq!(parts.headers["connection"], "close");
    assert!(kept.ready().await.is_err(), "the server closes the connection after that");

    shutdown.force_after(Duration::ZERO);
    ended(app).await.unwrap();
    assert_eq!(shutdown.phase(), ShutdownPhase::Done);
}

#[tokio::test]
async fn requests_in_flight_finish_on_shutdown() {
    let (app, gate) = gated();
    let mut app = run(app).await;
    let mut busy = app.http1_connection().await;
    let mut idle = app.http1_connection().await;
    let (parts, _) = wire::read(idle.send_request(wire::get("/health/live")).await.unwrap()).await;
    assert_eq!(parts.status, 200);
    // A silent connection does not delay the shutdown either.
    let _silent = TcpStream::connect(app.addr).await.unwrap();

    let answer = tokio::spawn(async move { wire::read(busy.send_request(wire::get("/sd/wait")).await.unwrap()).await });
    gate.entered.notified().await;
    app.stop();
    // No new connection is served; the system decides how soon the listener is closed.
    tokio::time::timeout(Duration::from_secs(10), closed(&app)).await.expect("the port is closed");
    assert!(!answer.is_finished());
    gate.open.notify_one();
    let (parts, body) = answer.await.unwrap();
    assert_eq!((parts.status.as_u16(), body.as_str()), (200, "finished"));
    tokio::time::timeout(Duration::from_secs(10), app.stopped()).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn handler_begins_the_shutdown_and_its_response_arrives() {
    let (app, _) = gated();
    let app = run(app).await;
    let request = Request::post("/sd/stop").header("host", "localhost").body(Body::empty()).unwrap();
    assert_eq!(app.http1(request).await.1, "stopping");
    ended(app).await.unwrap();
}

#[tokio::test]
async fn request_on_its_way_is_answered_after_the_listener_is_closed() {
    let (app, _) = gated();
    let mut app = run(app.configure(|config| config.set_server_shutdown_grace(Duration::from_secs(5)))).await;
    let mut idle = app.http1_connection().await;
    wire::read(idle.send_request(wire::get("/sd/now")).await.unwrap()).await;
    let mut silent = TcpStream::connect(app.addr).await.unwrap();
    // Once this is answered, the silent one has been accepted.
    app.http1(wire::get("/sd/now")).await;
    app.stop();
    closed(&app).await;
    idle.ready().await.unwrap();
    let (parts, body) = wire::read(idle.send_request(wire::get("/sd/now")).await.unwrap()).await;
    assert_eq!((body.as_str(), &parts.headers["connection"]), ("now", &http::HeaderValue::from_static("close")));
    let answer = tokio::task::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        silent.write_all(b"GET /sd/now HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        silent.read_to_string(&mut answer).await.unwrap();
        answer
    });
    assert!(answer.await.unwrap().ends_with("\r\n\r\nnow"));
    ended(app).await.unwrap();
}

/// The failures of requests to `/sd/wait`.
#[derive(Clone, Default)]
struct Failures(Arc<std::sync::Mutex<Vec<Option<Failure>>>>);

impl Observer for Failures {
    fn finished(&self, request: &Finished<'_>) {
        self.0.lock().unwrap().push(request.failure);
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_does_not_end_in_time_is_cut_off_and_named() {
    for http2 in [false, true] {
        let (app, gate) = gated();
        let failures = Failures::default();
        let mut app = run(app.observer(failures.clone())).await;
        let request = match http2 {
            false => {
                let mut connection = app.http1_connection().await;
                tokio::spawn(async move { connection.send_request(wire::get("/sd/wait")).await.is_err() })
            }
            true => {
                let mut connection = app.http2_connection().await;
                let request = Request::get(format!("http://{}/sd/wait", app.addr)).body(Body::empty()).unwrap();
                tokio::spawn(async move { connection.send_request(request).await.is_err() })
            }
        };
        gate.entered.notified().await;
        app.stop();
        let error = ended(app).await.unwrap_err();
        let text = error.to_string();
        let expected = "cut off because they did not end in time: 1 request (GET /sd/wait after ";
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(error.problems()[0].code(), "cut-off");
        assert!(request.await.unwrap(), "the client gets no response");
        assert_eq!(*failures.0.lock().unwrap(), [Some(Failure::Shutdown)], "HTTP/2: {http2}");
    }
}

#[tokio::test]
async fn force_after_cuts_off_before_the_deadline() {
    let (app, gate) = gated();
    let shutdown = app.shutdown();
    let app = run(app).await;
    let mut connection = app.http1_connection().await;
    let request = tokio::spawn(async move { connection.send_request(wire::get("/sd/wait")).await.is_err() });
    gate.entered.notified().await;
    shutdown.force_after(Duration::from_millis(20));
    assert!(ended(app).await.is_err() && request.await.unwrap());
}

struct Changed(AtomicBool);

#[post("/sd/change", invalidates("things"))]
async fn change(gate: Dep<Gate>, changed: Dep<Changed>) {
    gate.entered.notify_one();
    gate.open.notified().await;
    changed.0.store(true, Ordering::SeqCst);
}

#[tokio::test]
async fn change_whose_client_has_left_is_waited_for() {
    let (gate, changed) = (Arc::new(Gate::default()), Arc::new(Changed(AtomicBool::new(false))));
    let app = App::with_routes(routes![change]).provide_shared(Arc::clone(&gate)).provide_shared(Arc::clone(&changed));
    let mut app = run(app).await;
    let mut connection = app.http1_connection().await;
    let request = Request::post("/sd/change").header("host", "localhost").body(Body::empty()).unwrap();
    let client = tokio::spawn(async move { connection.send_request(request).await.map(drop) });
    gate.entered.notified().await;
    client.abort();
    app.stop();
    closed(&app).await;
    gate.open.notify_one();
    ended(app).await.unwrap();
    assert!(changed.0.load(Ordering::SeqCst));
}

#[tokio::test]
async fn shutdown_of_an_app_without_a_server_is_closing_at_once() {
    let app = App::with_routes(routes![wait]).provide(Gate::default());
    let shutdown = app.shutdown();
    let _app = TestApp::new(app);
    shutdown.begin("a test");
    shutdown.closing().await;
    assert_eq!(shutdown.phase(), ShutdownPhase::Closing);
    assert!(Shutdown::new().reason().is_none());
}

#[test]
fn drain_as_long_as_the_deadline_is_a_start_up_error() {
    let (app, _) = gated();
    let app = app.config(Config::default()).configure(|config| config.set_server_drain_delay(Duration::from_secs(30)));
    let error = app.into_router().unwrap_err().to_string();
    let expected = "`server.drain_delay` (code) is `30s`: not shorter than `server.shutdown_deadline` (default)";
    assert!(error.contains(expected), "{error}");
}
