//! Warm-up: cached pages are requested before the app is ready.

mod failing;
mod hosts;
mod pages;
mod server;
mod setup;
mod traffic;

use std::sync::atomic::{AtomicUsize, Ordering};

use routekit::{app::WarmUpReport, prelude::*, test::TestApp};
use tokio::sync::{Semaphore, mpsc};

#[get("/w/page", cache(ttl = 60))]
async fn page() -> &'static str {
    "page"
}

/// Paths, hosts, statuses and reasons of pages that were not stored.
fn not_stored(report: &WarmUpReport) -> Vec<(&str, Option<&str>, Option<u16>, &str)> {
    let rows = report.not_stored.iter();
    rows.map(|page| (&*page.path, page.host.as_deref(), page.status.map(|s| s.as_u16()), &*page.why)).collect()
}

/// `HIT`, `MISS`, …
async fn x_cache(app: &TestApp, path: &str, host: Option<&str>) -> Option<String> {
    let request = app.get(path);
    let request = match host {
        Some(host) => request.header("host", host),
        None => request,
    };
    request.send().await.header("x-cache").map(str::to_owned)
}

/// Lets handlers pass one by one, and counts those inside.
struct Gate {
    entered: mpsc::UnboundedSender<()>,
    open: Semaphore,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Gate {
    fn new() -> (Self, mpsc::UnboundedReceiver<()>) {
        let (entered, seen) = mpsc::unbounded_channel();
        let gate = Self { entered, open: Semaphore::new(0), inside: AtomicUsize::new(0), most: AtomicUsize::new(0) };
        (gate, seen)
    }

    async fn pass(&self) {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        let _ = self.entered.send(());
        self.open.acquire().await.unwrap().forget();
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[get("/w/gated", cache(ttl = 60))]
async fn gated(gate: Dep<Gate>) -> &'static str {
    gate.pass().await;
    "gated"
}
