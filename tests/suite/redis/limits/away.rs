//! Redis cannot be used: each process counts on its own, and no request fails.

use std::time::Duration;

use routekit::prelude::*;

use super::Process;
use crate::{
    logs,
    redis::within,
    support::{RedisServer, SECOND, free_port},
};

#[get("/s/away", rate_limit("3/h", per = "header:x-client", shared))]
async fn away() {}

#[get(
    "/s/away-twice",
    rate_limit("3/h", shared),
    rate_limit("2/h", name = "each"),
    rate_limit("9/h", name = "b", shared)
)]
async fn twice() {}

fn process(url: &str) -> Process {
    Process::new(url, App::with_routes(routes![away, twice]))
}

#[test]
fn processes_count_on_their_own_during_an_outage_and_together_after_it() {
    let (result, lines) = logs::caught(async {
        let mut server = RedisServer::start("limits-away", &[])?;
        let [a, b] = [(); 2].map(|()| process(&server.url()));
        let of = async |process: &Process, client: &str, count: usize| {
            let mut statuses = Vec::new();
            for _ in 0..count {
                statuses.push(process.of(client, "/s/away").await.status().as_u16());
            }
            statuses
        };
        assert_eq!(of(&a, "1", 2).await, [200, 200]);
        assert_eq!(of(&b, "1", 2).await, [200, 429]);
        server.kill();
        // The quotas of the processes are their own, and full.
        assert_eq!(of(&a, "1", 4).await, [200, 200, 200, 429]);
        assert_eq!(of(&b, "1", 4).await, [200, 200, 200, 429]);
        let response = a.of("2", "/s/away").await;
        assert_eq!(response.header("ratelimit"), Some(r#""x-client";r=2;t=1200"#));
        assert_eq!(response.header("ratelimit-policy"), Some(r#""x-client";q=3;w=3600"#));
        assert_eq!((a.fallbacks(), b.fallbacks()), (5, 4));
        let labels = r#"http_route="/s/away",limit="x-client",outcome="refused""#;
        assert_eq!(a.metric("routekit_rate_limit_requests_total", labels), 1);
        server.restart_empty();
        for process in [&a, &b] {
            // The clock of a process stands still, and a second without a failure is the end of an outage.
            process.clock.advance(2 * SECOND);
            within("Redis", async || {
                let before = process.fallbacks();
                process.of("probe", "/s/away").await;
                process.fallbacks() == before
            })
            .await;
            process.clock.advance(2 * SECOND);
            process.of("probe", "/s/away").await;
        }
        assert_eq!(of(&a, "1", 2).await, [200, 200]);
        assert_eq!(of(&b, "1", 2).await, [200, 429]);
        Some(())
    });
    if result.is_none() {
        return;
    }
    let count = |text: &str| {
        let of_limits = lines.iter().filter(|line| line.of == "routekit::rate_limit");
        of_limits.filter(|line| line.fields.iter().any(|field| field.contains(text))).count()
    };
    assert_eq!(count("counted by each process on its own"), 2, "one for each process: {lines:#?}");
    assert_eq!(count("counted in Redis again"), 2, "{lines:#?}");
}

#[tokio::test]
async fn process_that_never_reached_redis_limits_its_clients() {
    // Nothing listens there.
    let process = process(&format!("redis://{}", free_port()));
    let response = process.app.get("/s/away-twice").send().await;
    let list = r#""each";r=1;t=1800, "ip";r=2;t=1200, "b";r=8;t=400"#;
    assert_eq!((response.status().as_u16(), response.header("ratelimit")), (200, Some(list)));
    assert_eq!(process.statuses("/s/away-twice", 2).await, [200, 429]);
    assert_eq!(process.fallbacks(), 4, "two limits, and the refusal was that of the process");
    process.clock.advance(Duration::from_secs(1800));
    // `each` has one again, `ip` has two.
    assert_eq!(process.statuses("/s/away-twice", 2).await, [200, 429]);
}

/// What a shared limit refuses is given back to the limits before it.
#[tokio::test]
async fn refusal_during_an_outage_counts_in_no_limit() {
    #[get("/s/away-order", rate_limit("1/h", shared), rate_limit("9/h", name = "each"))]
    async fn order() {}

    let process = Process::new(&format!("redis://{}", free_port()), App::with_routes(routes![order]));
    assert_eq!(process.statuses("/s/away-order", 1).await, [200]);
    for _ in 0..2 {
        let refused = process.app.get("/s/away-order").send().await;
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.header("ratelimit"), Some(r#""each";r=8;t=400, "ip";r=0;t=3600"#));
        assert_eq!(refused.header("retry-after"), Some("3600"));
    }
}

#[tokio::test]
async fn server_that_refuses_to_count_is_as_if_it_were_away() {
    let Some(server) = RedisServer::start("limits-full", &["--maxmemory-policy", "noeviction"]) else { return };
    let process = process(&server.url());
    assert_eq!(process.of("1", "/s/away").await.status(), 200);
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    for status in [200, 200, 200, 429] {
        assert_eq!(process.of("1", "/s/away").await.status(), status);
    }
    assert_eq!(process.fallbacks(), 4);
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    server.run::<()>(&["SCRIPT", "FLUSH"]);
    assert_eq!(process.of("1", "/s/away").await.header("ratelimit"), Some(r#""x-client";r=1;t=1200"#), "in Redis");
    // The scripts were loaded again.
    assert_eq!(process.fallbacks(), 4);
}
