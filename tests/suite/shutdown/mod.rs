//! Shutdown: what an app waits for, whom it tells, and what it cuts off.

mod clients;
mod hooks;
mod phases;
#[cfg(unix)]
mod signals;
mod streams;

use std::{sync::Arc, time::Duration};

use routekit::{prelude::*, shutdown::Shutdown};
use tokio::sync::Notify;

use crate::wire::{self, Running};

/// A handler that has begun, and may end.
#[derive(Default)]
struct Gate {
    entered: Notify,
    open: Notify,
}

#[get("/sd/wait")]
async fn wait(gate: Dep<Gate>) -> &'static str {
    gate.entered.notify_one();
    gate.open.notified().await;
    "finished"
}

#[get("/sd/now")]
async fn now() -> &'static str {
    "now"
}

#[post("/sd/stop")]
async fn stop(shutdown: Dep<Shutdown>) -> &'static str {
    shutdown.begin("a client asked");
    "stopping"
}

/// An app with a gate.
fn gated() -> (App, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    (App::with_routes(routes![wait, now, stop]).provide_shared(Arc::clone(&gate)), gate)
}

/// Waits until it has stopped.
async fn ended(app: Running) -> Result<(), routekit::Error> {
    tokio::time::timeout(Duration::from_secs(100), app.stopped()).await.expect("it stops")
}

/// Waits until the listener is closed.
async fn closed(app: &Running) {
    while tokio::net::TcpStream::connect(app.addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// Starts an app without a drain.
async fn run(app: App) -> Running {
    wire::run(app).await
}
