//! A real Prometheus scrapes the program, with an operator's token and the program's own rules.

use super::{Production, header, production};
use crate::{monitoring::prometheus::Prometheus, support::output_of};

#[tokio::test]
async fn prometheus_scrapes_it_with_the_token_of_an_operator() {
    let app = Production::start();
    let user = app.create_user("ann").await;
    for expected in ["MISS", "HIT", "HIT"] {
        assert_eq!(header(&app.get(&user).await, "x-cache"), expected);
    }
    let addr = app.url.strip_prefix("http://").unwrap().parse().unwrap();
    let rules = output_of(production().arg("rules"));
    let Some(prometheus) = Prometheus::scrape("production", addr, Some(&app.token), &rules).await else { return };
    for figure in [
        r#"http_server_request_duration_seconds_count{http_request_method="POST",http_route="/v2/users"} == 1"#,
        r#"http_server_request_duration_seconds_count{http_route="/v2/users/{id}"} == 3"#,
        r#"routekit_cache_requests_total{http_route="/v2/users/{id}",result="hit"} == 2"#,
        r#"routekit_breaker_state{breaker="auth-service",state="closed"} == 1"#,
    ] {
        prometheus.wait_for(figure).await;
    }
    let down = prometheus.query("min_over_time(up[1h]) < 1").await;
    assert!(down.is_empty(), "{down:?}");
}

#[tokio::test]
async fn prometheus_without_a_token_is_refused() {
    let app = Production::start();
    let addr = app.url.strip_prefix("http://").unwrap().parse().unwrap();
    let Some(prometheus) = Prometheus::start("production-refused", addr, None, "") else { return };
    prometheus.wait_for("up == 0").await;
}
