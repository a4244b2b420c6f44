//! A server is not ready before it is warm.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::body::Body;
use futures_util::FutureExt;
use http::Request;
use routekit::{config::Config, prelude::*};
use tokio::net::TcpListener;

use super::{Gate, gated, page};
use crate::{support::until, wire};

#[get("/w/other")]
async fn other() -> &'static str {
    "other"
}

fn get(path: &str, host: impl std::fmt::Display) -> Request<Body> {
    Request::get(path).header("host", host.to_string()).body(Body::empty()).unwrap()
}

/// Waits until a load balancer would send requests.
async fn until_ready(app: &wire::Running) {
    let ready = async { while app.http1(wire::get("/health/ready")).await.0.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(10), ready).await.expect("it becomes ready");
}

#[tokio::test]
async fn server_is_ready_after_warm_up_and_not_before() {
    let (gate, mut entered) = Gate::new();
    let gate = Arc::new(gate);
    let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin_addr = admin.local_addr().unwrap();
    let app = App::with_routes(routes![gated, other]).config(Config::default()).provide_shared(gate.clone());
    let app = wire::run(app.admin_listener(admin)).await;
    // By address, and as localhost.
    for _ in 0..2 {
        entered.recv().await.unwrap();
    }
    let (parts, body) = app.http1(wire::get("/health/ready")).await;
    assert_eq!((parts.status.as_u16(), body.as_str()), (503, r#"{"status":"not ready"}"#));
    let (_, body) = app.at(admin_addr).http1(wire::get("/readiness")).await;
    assert_eq!(body, r#"{"heldBy":["warming up the cache"],"ready":false}"#);
    assert_eq!(app.http1(wire::get("/health/live")).await.0.status, 200);
    assert_eq!(app.http1(wire::get("/w/other")).await.1, "other", "requests that come are answered");

    gate.open.add_permits(2);
    until_ready(&app).await;
    for host in [app.addr.to_string(), format!("localhost:{}", app.addr.port())] {
        let (parts, body) = app.http1(get("/w/gated", &host)).await;
        assert_eq!((parts.headers["x-cache"].to_str().unwrap(), body.as_str()), ("HIT", "gated"), "{host}");
    }
    assert!(entered.try_recv().is_err(), "the handler ran no more");
}

#[tokio::test]
async fn four_pages_are_requested_at_a_time() {
    let (gate, mut entered) = Gate::new();
    let gate = Arc::new(gate);
    let app = (0..9).fold(App::with_routes(routes![gated]), |app, n| app.warm(format!("/w/gated?n={n}")));
    let app = app.config(Config::default()).warm_host("shop.example").provide_shared(gate.clone());
    let app = wire::run(app).await;
    for n in 0..10 {
        entered.recv().await.unwrap();
        if n >= 3 {
            gate.open.add_permits(1);
        }
    }
    gate.open.add_permits(3);
    until_ready(&app).await;
    assert_eq!(gate.most.load(Ordering::SeqCst), 4);
    let (parts, _) = app.http1(get("/w/gated?n=8", "shop.example")).await;
    assert_eq!(parts.headers["x-cache"], "HIT");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_warm_up() {
    let (gate, mut entered) = Gate::new();
    let app = App::with_routes(routes![gated]).config(Config::default()).provide(gate);
    let readiness = app.readiness();
    let mut app = wire::run(app).await;
    entered.recv().await.unwrap();
    app.stop();
    tokio::time::timeout(Duration::from_secs(10), app.stopped()).await.expect("it stops").unwrap();
    until("warm-up to let go of readiness", || readiness.reasons() == ["shutting down"]).await;
}

#[tokio::test]
async fn server_without_pages_is_ready_at_once() {
    let config = Config::default;
    let off = App::with_routes(routes![page]).config(config()).configure(|config| config.set_cache_warm_up(false));
    let (without_pages, none) = begun(App::with_routes(routes![other]).config(config())).await;
    let (switched_off, also_none) = begun(off).await;
    let (with_pages, warms) = begun(App::with_routes(routes![page]).config(config())).await;
    assert_eq!([without_pages, switched_off, with_pages], [true, true, false], "readiness");
    assert_eq!((none, warms), (also_none, none + 1), "only the warm-up has a task of its own");
}

/// Whether an app is ready when it begins to serve, and how many tasks it has then.
async fn begun(app: App) -> (bool, usize) {
    let readiness = app.readiness();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    // The tasks of an app that was dropped end when they run next.
    while tasks() > 0 {
        tokio::task::yield_now().await;
    }
    let mut served = Box::pin(app.serve_on(listener, std::future::pending()));
    assert!(served.as_mut().now_or_never().is_none(), "it serves");
    (readiness.is_ready(), tasks())
}
