//! Warm-up requests are not counted as traffic.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::{Method, request::Parts};
use routekit::{
    access_log::AccessLogMode,
    axum::extract::ConnectInfo,
    observe::{Finished, Observer},
    prelude::*,
    test::TestApp,
};

use super::page;
use crate::logs;

// Without a key of its own, a route whose handler takes the address is not warmed.
#[get("/w/traffic", cache(ttl = 60, key = any_address))]
async fn traffic(ConnectInfo(peer): ConnectInfo<std::net::SocketAddr>) -> String {
    peer.ip().to_string()
}

fn any_address(_: &Parts) -> String {
    String::new()
}

#[get("/w/traffic/broken", cache(ttl = 60))]
async fn broken() -> Result<()> {
    Err(Problem::internal("the disk is full"))
}

#[derive(Clone, Default)]
struct Seen(Arc<AtomicUsize>);

impl Observer for Seen {
    fn started(&self, _: &Method) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn finished(&self, _: &Finished<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The request series in the metrics.
fn of_requests(app: &TestApp) -> Vec<String> {
    let mut lines: Vec<String> =
        app.metrics().lines().filter(|line| line.starts_with("http_server_")).map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn warm_up_is_neither_counted_nor_logged() {
    let seen = Seen::default();
    let ((), lines) = logs::caught({
        let app = App::with_routes(routes![page, traffic, broken]).observer(seen.clone());
        async {
            let app = TestApp::new(app.configure(|config| config.set_access_log(AccessLogMode::All)));
            let before = of_requests(&app);
            let report = app.warm_up().await;
            assert_eq!((report.pages, report.stored), (3, 2), "{report:?}");
            assert_eq!(of_requests(&app), before);
        }
    });
    assert_eq!(seen.0.load(Ordering::SeqCst), 0);
    assert!(!lines.iter().any(|line| line.of == "routekit::access"), "{lines:?}");
    // A failure is logged with its cause as usual, in the span of its request.
    assert!(lines.iter().any(|line| line.fields.iter().any(|field| field.contains("the disk is full"))), "{lines:?}");
    assert!(lines.iter().any(|line| line.of == "span" && line.fields.iter().any(|f| f.starts_with("correlation_id="))));
}
