//! A scrape of 1,000 routes with five statuses each: `cargo bench -p routekit-tests --bench scrape`.
//!
//! Prints the size of each format of `/metrics` and the time it takes, and the longest time for which another task on
//! the same runtime had to wait meanwhile: formats are rendered off the workers.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints")]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request},
    routing::get,
};
use http::StatusCode;
use http_body_util::BodyExt;
use routekit::{
    App,
    app::AppService,
    config::{AdminAddr, Config},
    routes,
};
use tokio::time::{Instant, sleep};
use tower::Service;

const ROUTES: usize = 1_000;
const STATUSES: [u16; 5] = [200, 201, 404, 422, 500];
const SCRAPES: u32 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let answer = |Path(status): Path<u16>| async move { StatusCode::from_u16(status).unwrap() };
    let router = (0..ROUTES)
        .fold(Router::new(), |router, route| router.route(&format!("/api/route-{route}/{{status}}"), get(answer)));
    let app = App::with_routes(routes![]).merge(router).config(Config::default());
    let app = app.configure(|config| config.set_admin_addr(AdminAddr::Main)).into_service().unwrap();
    for route in 0..ROUTES {
        for status in STATUSES {
            let (answered, _) = ask(&app, &format!("/api/route-{route}/{status}"), &[]).await;
            assert_eq!(answered, status);
        }
    }
    println!("{:<28} {:>12} {:>10} {:>22}", "format", "bytes", "ms", "others wait at most ms");
    let gzip = ("accept-encoding", "gzip");
    for (name, headers) in [
        ("Prometheus", vec![]),
        ("Prometheus, gzip", vec![gzip]),
        ("OpenMetrics", vec![("accept", "application/openmetrics-text")]),
        ("OpenMetrics, gzip", vec![("accept", "application/openmetrics-text"), gzip]),
        ("JSON", vec![("accept", "application/json")]),
    ] {
        let ticker = tokio::spawn(longest_wait());
        let start = Instant::now();
        let mut size = 0;
        for _ in 0..SCRAPES {
            let (status, body) = ask(&app, "/metrics", &headers).await;
            assert_eq!(status, 200);
            size = body;
        }
        let each = start.elapsed() / SCRAPES;
        sleep(Duration::from_millis(20)).await;
        ticker.abort();
        let wait = LONGEST.swap(0, Ordering::Relaxed);
        println!("{name:<28} {size:>12} {:>10.1} {:>22.1}", each.as_secs_f64() * 1e3, wait as f64 / 1e3);
    }
}

/// In microseconds.
static LONGEST: AtomicU64 = AtomicU64::new(0);

/// Wakes every two milliseconds, and remembers by how much it was late at most.
async fn longest_wait() {
    loop {
        let start = Instant::now();
        sleep(Duration::from_millis(2)).await;
        let late = start.elapsed().saturating_sub(Duration::from_millis(2));
        LONGEST.fetch_max(late.as_micros() as u64, Ordering::Relaxed);
    }
}

/// The status of the response, and the size of its body.
async fn ask(app: &AppService, path: &str, headers: &[(&str, &str)]) -> (u16, usize) {
    let request = headers
        .iter()
        .fold(Request::get(path).header("host", "localhost"), |request, (name, value)| request.header(*name, *value));
    let response = app.clone().call(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.unwrap().to_bytes().len())
}
