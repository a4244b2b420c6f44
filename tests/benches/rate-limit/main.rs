//! A limit per address beside `tower_governor`'s, on the same axum router: `cargo bench -p routekit-tests --bench
//! rate-limit`.
//!
//! Both send their headers, and neither ever refuses. All sides take turns in short rounds, so that a busy machine is
//! busy for all of them, and the medians of the rounds are compared. `rate-limit SIDE REQUESTS` sends requests to one
//! side and does nothing else, for `instructions`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request},
    routing::get,
};
use routekit::rate_limit::{Limit, Rate, RateLimitLayer};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use tower_governor::{GovernorLayer, governor::GovernorConfigBuilder};

const ROUNDS: usize = 101;
const REQUESTS: usize = 2_000;
/// Each request comes from the next one of so many clients.
const CLIENTS: usize = 1_000;

/// The name of a side, and its router.
type Side = (&'static str, fn() -> Router);

const SIDES: [Side; 3] = [("axum", axum), ("routekit", routekit), ("tower_governor", governor)];

async fn hello() -> Bytes {
    Bytes::from_static(b"hello")
}

fn axum() -> Router {
    Router::new().route("/", get(hello)).with_state(())
}

fn routekit() -> Router {
    let limit = Limit::new(Rate::parse("1000000000/s").unwrap());
    axum().layer(RateLimitLayer::new([limit]).unwrap())
}

fn governor() -> Router {
    let config = GovernorConfigBuilder::default().per_nanosecond(1).burst_size(1_000_000_000).use_headers().finish();
    axum().layer(GovernorLayer::new(config.unwrap()))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    if let (Some(name), Some(count)) = (arguments.next(), arguments.next()) {
        let (_, router) = SIDES.into_iter().find(|(side, _)| *side == name).expect("one of the sides");
        let router = router();
        runtime.block_on(requests(&router, CLIENTS));
        return measured(&runtime, &router, count.parse().expect("a number of requests"));
    }
    let routers = SIDES.map(|(name, router)| (name, router()));
    let mut rounds = [(); SIDES.len()].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        for (times, (_, router)) in rounds.iter_mut().zip(&routers) {
            let start = Instant::now();
            runtime.block_on(requests(router, REQUESTS));
            times.push(start.elapsed().as_secs_f64() * 1e9 / REQUESTS as f64);
        }
    }
    let [axum, routekit, governor] = rounds.map(median);
    println!("{:16} {axum:9.0} ns", "bare axum");
    for (name, time) in [("routekit", routekit), ("tower_governor", governor)] {
        println!("{name:16} {time:9.0} ns, {:9.0} ns added", time - axum);
    }
}

/// `instructions` counts this function and nothing outside it.
#[inline(never)]
fn measured(runtime: &Runtime, router: &Router, count: usize) {
    runtime.block_on(requests(router, count));
}

async fn requests(router: &Router, count: usize) {
    for n in 0..count {
        let client = Ipv4Addr::from(0x0a00_0000 + u32::try_from(n % CLIENTS).unwrap());
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((client, 80))));
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}
