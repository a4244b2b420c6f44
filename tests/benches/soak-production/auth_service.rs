//! The auth service, which fails in every way for half of the time.

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::get};
use tokio::net::TcpListener;

/// What it does with its calls.
static FAULT: AtomicUsize = AtomicUsize::new(0);

/// The faults in turn, with times without one in between.
const FAULTS: [&str; 6] = ["none", "status 500", "none", "no answer", "none", "malformed answer"];

/// Serves on a free port, for as long as the program runs, and returns its URL.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/health", get(async || "up")).route("/users/{id}/sessions", get(sessions));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Goes on to the next fault, and returns its name.
pub(crate) fn next_fault() -> &'static str {
    FAULTS[(FAULT.fetch_add(1, Ordering::SeqCst) + 1) % FAULTS.len()]
}

async fn sessions() -> (StatusCode, &'static str) {
    match FAULTS[FAULT.load(Ordering::SeqCst) % FAULTS.len()] {
        "status 500" => (StatusCode::INTERNAL_SERVER_ERROR, ""),
        "no answer" => pending().await,
        "malformed answer" => (StatusCode::OK, "{"),
        _ => (StatusCode::OK, r#"[{"device":"phone"}]"#),
    }
}
