//! Shared limits answer exactly as those of one process do, which are tested against a plain model and `governor`.

use std::time::Duration;

use axum::{Router, routing::get};
use fastrand::Rng;
use http_body_util::BodyExt as _;
use routekit::{
    ManualClock,
    rate_limit::{Limit, RateLimitHeaders, RateLimitLayer},
};
use tower::ServiceExt as _;

use super::store;
use crate::{rate_limit::from, support::RedisServer};

/// A response, as far as limits are concerned: status, headers and body.
async fn answer(router: &Router, peer: &str) -> (u16, Vec<String>, String) {
    let response = router.clone().oneshot(from(peer, "/")).await.unwrap();
    let (head, body) = response.into_parts();
    let mut headers: Vec<String> =
        head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), headers, String::from_utf8(body.to_vec()).unwrap())
}

/// Up to three limits. Some only observe.
fn limits(random: &mut Rng) -> Vec<Limit> {
    let limit = |random: &mut Rng, number: usize| {
        let (requests, window) = (random.u32(1..30), random.u64(1..3000));
        let burst = random.u32(1..12);
        let mode = ["enforce", "observe"][usize::from(random.u8(..4) == 0)];
        format!("{requests}/{window}ms burst={burst} name=n{number} mode={mode}").parse().unwrap()
    };
    let count = random.usize(1..=3);
    (0..count).map(|number| limit(random, number)).collect()
}

#[tokio::test]
async fn random_arrivals_are_answered_as_by_one_process() {
    let Some(server) = RedisServer::start_with_clock("limits-model", &[]) else { return };
    let quotas = store(&server.url()).quotas();
    let mut now = Duration::from_secs(1_800_000_000);
    let mut refused = 0;
    for seed in 0..40 {
        let mut random = Rng::with_seed(seed);
        let (limits, clock) = (limits(&mut random), ManualClock::new());
        let layer = || {
            let layer = RateLimitLayer::new(limits.clone()).unwrap();
            layer.clock(clock.clock()).headers(RateLimitHeaders::Both)
        };
        let local: Router = Router::new().route("/", get(async || "hello")).layer(layer());
        let shared = Router::new().route("/", get(async || "hello"));
        let shared: Router = shared.layer(layer().shared(&quotas, &format!("model {seed}")));
        for step in 0..40 {
            // Many requests come at once, some within a period, and some after a pause.
            let pause = [0, 0, random.u64(..200), random.u64(..20), random.u64(..4000)][random.usize(..5)];
            if pause > 0 || step == 0 {
                now += Duration::from_millis(pause);
                clock.advance(Duration::from_millis(pause));
                server.set_clock(now);
            }
            let peer = ["192.0.2.1", "192.0.2.2"][usize::from(random.u8(..5) == 0)];
            let expected = answer(&local, peer).await;
            let found = answer(&shared, peer).await;
            assert_eq!(found, expected, "seed {seed}, step {step}, {limits:?}");
            refused += u32::from(found.0 == 429);
        }
    }
    assert!((100..1500).contains(&refused), "{refused} of 1600 were refused");
}
