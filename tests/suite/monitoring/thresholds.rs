//! The other alerts, on simulated series.

use routekit::{config::Config, prelude::*};

use super::{promtool::Simulation, table};

fn count(method: &str, route: &str, more: &str) -> String {
    let labels = format!(r#"job="shop",instance="a",http_request_method="{method}",http_route="{route}"{more}"#);
    format!("http_server_request_duration_seconds_count{{{labels}}}")
}

fn sum(route: &str) -> String {
    count("GET", route, "").replace("_count{", "_sum{")
}

fn alert(name: &str) -> String {
    format!(r#"alertname="Routekit{name}""#)
}

const FAILED: &str = r#",http_response_status_code="500",error_type="500""#;

#[test]
fn error_rate_has_the_threshold_of_the_route() {
    // 3 % of the requests fail: more than `pay` allows, and less than the default.
    let mut simulation = Simulation::default();
    for (method, route) in [("POST", "/p/pay"), ("GET", "/p/plain")] {
        simulation = simulation
            .series(&count(method, route, ""), "0+97x60")
            .series(&count(method, route, FAILED), "0+3x30 90+0x30");
    }
    let alert = alert("HighErrorRate");
    simulation
        .firing("20m", &format!(r#"{alert},http_route="/p/pay",severity="page""#), 1)
        .firing("20m", &format!(r#"{alert},http_route="/p/plain""#), 0)
        .firing("40m", &alert, 0)
        .run("error_rate", &table().prometheus_rules());
}

#[test]
fn route_without_an_objective_has_thresholds_and_one_with_it_has_no_defaults() {
    let mut simulation = Simulation::default();
    for route in ["/p/plain", "/p/users/{id}"] {
        simulation = simulation.series(&count("GET", route, FAILED), "0+100x30").series(&sum(route), "0+300x30");
    }
    simulation
        .firing("20m", &format!(r#"{},http_route="/p/plain""#, alert("HighErrorRate")), 1)
        .firing("20m", &format!(r#"{},http_route="/p/plain""#, alert("SlowRoute")), 1)
        .firing("20m", &format!(r#"{},http_route="/p/plain""#, alert("AvailabilityBudgetBurn")), 0)
        .firing("20m", &format!(r#"{},http_route="/p/users/{{id}}""#, alert("HighErrorRate")), 0)
        .firing("20m", &format!(r#"{},http_route="/p/users/{{id}}""#, alert("SlowRoute")), 0)
        .run("plain", &table().prometheus_rules());
}

#[test]
fn threshold_between_two_buckets_is_exact() {
    #[get("/p/p99", alert(p99 = "300ms"))]
    async fn p99() {}
    let rules = App::with_routes(routes![p99]).config(Config::default()).prometheus_rules().unwrap();
    let bucket = |bound: &str| count("GET", "/p/p99", &format!(r#",le="{bound}""#)).replace("_count{", "_bucket{");
    let alert = alert("SlowRouteP99");
    // All requests take 260 ms, and then 310 ms.
    Simulation::default()
        .series(&count("GET", "/p/p99", ""), "0+100x120")
        .series(&bucket("0.25"), "0+0x120")
        .series(&bucket("0.3"), "0+100x60 6000+0x60")
        .series(&bucket("0.5"), "0+100x120")
        .firing("50m", &alert, 0)
        .firing("80m", &alert, 1)
        .run("p99", &rules);
}

#[test]
fn routes_need_traffic() {
    // Every request fails, and is slow, but there are fewer than twenty in five minutes.
    Simulation::default()
        .series(&count("GET", "/p/plain", FAILED), "0+3x60")
        .series(&sum("/p/plain"), "0+30x60")
        .firing("60m", &alert("HighErrorRate"), 0)
        .firing("60m", &alert("SlowRoute"), 0)
        .run("few_requests", &table().prometheus_rules());
}

#[test]
fn low_hit_ratio_needs_lookups() {
    let lookups = |result: &str| {
        let route = r#"job="shop",instance="a",http_request_method="GET",http_route="/p/users/{id}""#;
        format!(r#"routekit_cache_requests_total{{{route},result="{result}"}}"#)
    };
    let alert = alert("LowCacheHitRatio");
    for (name, hits, misses, firing) in
        [("low", "0+1x120", "0+99x120", 1), ("high", "0+50x120", "0+50x120", 0), ("few", "0+0x120", "0+2x120", 0)]
    {
        Simulation::default()
            .series(&lookups("hit"), hits)
            .series(&lookups("miss"), misses)
            // Requests that must not be looked up say nothing about the cache.
            .series(&lookups("bypass"), "0+1000x120")
            .firing("20m", &alert, 0)
            .firing("60m", &alert, firing)
            .run(&format!("hit_ratio_{name}"), &table().prometheus_rules());
    }
}

#[test]
fn open_breaker_is_an_alert_until_it_closes() {
    let state = |state: &str| format!(r#"routekit_breaker_state{{job="shop",breaker="POST /p/pay",state="{state}"}}"#);
    let alert = alert("BreakerOpen");
    Simulation::default()
        .series(&state("open"), "0x10 1x10 0x20")
        .series(&state("closed"), "1x10 0x10 1x20")
        .firing("10m", &alert, 0)
        .firing("15m", &format!(r#"{alert},breaker="POST /p/pay""#), 1)
        .firing("25m", &alert, 0)
        .run("breaker", &table().prometheus_rules());
    // A dependency that hangs: the breaker probes it now and then.
    Simulation::default()
        .every("15s")
        .series(&state("open"), "1 1 1 1 0 1 1 1 1 0 1 1 1 1 0 1 1 1 1 0 1 1 1 1")
        .series(&state("half_open"), "0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0")
        .firing("5m", &alert, 1)
        .run("breaker_probes", &table().prometheus_rules());
}

#[test]
fn process_has_alerts_of_its_own() {
    let of = |metric: &str, job: &str| format!(r#"{metric}{{job="{job}",instance="a"}}"#);
    let mut simulation = Simulation::default();
    // `other` is another program, without the runtime that the rules are for.
    for job in ["shop", "other"] {
        simulation = simulation
            .series(&of("process_cpu_seconds_total", job), "0+110x600")
            .series(&of("process_resident_memory_bytes", job), "100000000+1000000x600")
            .series(&of("process_start_time_seconds", job), "0x600")
            .series(&of("process_open_fds", job), "900x600")
            .series(&of("process_max_fds", job), "1000x600");
    }
    simulation
        .series(&of("tokio_workers", "shop"), "2x600")
        .series(&of("tokio_scheduling_delay_seconds", "shop"), "0.2x60 0.001x540")
        .firing("60m", &alert("HighCpu"), 1)
        .firing("60m", &alert("FileDescriptors"), 1)
        .firing("60m", &alert("SchedulingDelay"), 1)
        .firing("90m", &alert("SchedulingDelay"), 0)
        .firing("5h", &alert("MemoryGrowth"), 0)
        .firing("8h", &format!(r#"{},job="shop""#, alert("MemoryGrowth")), 1)
        .firing("8h", r#"job="other""#, 0)
        .run("process", &table().prometheus_rules());
}
