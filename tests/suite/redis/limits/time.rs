//! The time of the server, which is the only one that counts.

use std::time::Duration;

use routekit::prelude::*;

use super::Process;
use crate::support::{MINUTE, RedisServer, SECOND};

const UNIX: Duration = Duration::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_secs(3600);

#[get("/s/time", rate_limit("4/min", shared))]
async fn time() {}

/// A rate that is no whole number of microseconds.
#[get("/s/fine", rate_limit("7/s", burst = 1, shared))]
async fn fine() {}

#[get("/s/seven", rate_limit("7/s", shared))]
async fn seven() {}

fn process(server: &RedisServer) -> Process {
    Process::new(&server.url(), App::with_routes(routes![time, fine, seven]))
}

#[tokio::test]
async fn clock_of_redis_decides_and_not_that_of_a_process() {
    let Some(server) = RedisServer::start_with_clock("limits-clock", &[]) else { return };
    server.set_clock(UNIX);
    let [a, b] = [(); 2].map(|()| process(&server));
    assert_eq!(a.statuses("/s/time", 4).await, [200; 4]);
    a.clock.advance(HOUR);
    assert_eq!(a.statuses("/s/time", 1).await, [429]);
    server.set_clock(UNIX + 15 * SECOND);
    assert_eq!(b.statuses("/s/time", 2).await, [200, 429]);
    assert_eq!(a.fallbacks() + b.fallbacks(), 0);
}

/// Without a clamp, a client would wait for an hour.
#[tokio::test]
async fn clock_that_is_set_back_locks_no_client_out() {
    let Some(server) = RedisServer::start_with_clock("limits-back", &[]) else { return };
    server.set_clock(UNIX);
    let process = process(&server);
    assert_eq!(process.statuses("/s/time", 2).await, [200; 2]);
    for back in [HOUR, 24 * HOUR] {
        let now = UNIX - back;
        server.set_clock(now);
        let refused = process.app.get("/s/time").send().await;
        assert_eq!((refused.status().as_u16(), refused.header("ratelimit")), (429, Some(r#""ip";r=0;t=15"#)));
        server.set_clock(now + 15 * SECOND);
        assert_eq!(process.statuses("/s/time", 2).await, [200, 429]);
        server.set_clock(now + 15 * SECOND + MINUTE);
        assert_eq!(process.statuses("/s/time", 5).await, [200, 200, 200, 200, 429]);
    }
    let keys: Vec<String> = server.run(&["KEYS", "{routekit}:l:*"]);
    let left: i64 = server.run(&["PTTL", &keys[0]]);
    assert!((1..=60_002).contains(&left), "{left}");
    assert_eq!(process.fallbacks(), 0);
}

/// Before the year from which scripts count, times are negative.
#[tokio::test]
async fn clock_of_a_machine_without_a_battery_is_enough() {
    let Some(server) = RedisServer::start_with_clock("limits-1970", &[]) else { return };
    let start = Duration::from_secs(100_000);
    server.set_clock(start);
    let process = process(&server);
    assert_eq!(process.statuses("/s/time", 5).await, [200, 200, 200, 200, 429]);
    server.set_clock(start + 15 * SECOND);
    assert_eq!(process.statuses("/s/time", 2).await, [200, 429]);
}

/// The key must not expire before the quota is full, and not stay for ever.
#[tokio::test]
async fn shortest_quota_has_an_expiry_and_is_kept_to_its_end() {
    let Some(server) = RedisServer::start_with_clock("limits-fine", &[]) else { return };
    server.set_clock(UNIX);
    let process = process(&server);
    assert_eq!(process.statuses("/s/fine", 1).await, [200]);
    let keys: Vec<String> = server.run(&["KEYS", "{routekit}:l:*"]);
    let left: i64 = server.run(&["PTTL", &keys[0]]);
    assert!((143..=145).contains(&left), "{left}");
    // A seventh of a second is 142,857,143 ns.
    server.set_clock(UNIX + Duration::from_millis(142));
    assert_eq!(process.statuses("/s/fine", 1).await, [429]);
    server.set_clock(UNIX + Duration::from_millis(143));
    assert_eq!(process.statuses("/s/fine", 2).await, [200, 429]);
    server.set_clock(UNIX + HOUR);
    assert_eq!(server.run::<i64>(&["EXISTS", &keys[0]]), 0);
}

/// Seven periods are 1 ns longer than a second, because a period is rounded up.
#[tokio::test]
async fn quotas_are_exact_to_the_nanosecond() {
    let Some(server) = RedisServer::start_with_clock("limits-exact-time", &[]) else { return };
    server.set_clock(UNIX);
    let process = process(&server);
    assert_eq!(process.statuses("/s/seven", 8).await, [vec![200; 7], vec![429]].concat());
    server.set_clock(UNIX + SECOND);
    assert_eq!(process.statuses("/s/seven", 7).await, [vec![200; 6], vec![429]].concat());
}
