//! The Grafana board: its form, and its queries in a Prometheus that scraped the app.

use std::collections::BTreeSet;

use routekit::{
    config::{AdminAddr, Config},
    openapi::ApiInfo,
    prelude::*,
};
use serde_json::Value;

use super::{app, plain, prometheus::Prometheus, table};
use crate::wire;

/// The panels of the board, and those in its rows.
fn panels(board: &Value) -> Vec<&Value> {
    let top = board["panels"].as_array().unwrap();
    top.iter()
        .flat_map(|panel| std::iter::once(panel).chain(panel["panels"].as_array().into_iter().flatten()))
        .collect()
}

fn titles(panels: &Value) -> Vec<&str> {
    panels.as_array().unwrap().iter().map(|panel| panel["title"].as_str().unwrap()).collect()
}

/// The row with this title.
fn row<'a>(board: &'a Value, title: &str) -> &'a Value {
    let rows = board["panels"].as_array().unwrap().iter();
    rows.filter(|panel| panel["type"] == "row").find(|row| row["title"] == title).unwrap()
}

/// Panels that are shown together do not overlap, and stay within 24 columns.
fn assert_grid(panels: &Value) {
    let mut taken = BTreeSet::new();
    for panel in panels.as_array().unwrap() {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|name| panel["gridPos"][name].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{panel}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{cell:?} twice: {panel}");
        }
    }
}

#[test]
fn board_has_the_form_that_grafana_reads() {
    let board = table().grafana_dashboard();
    assert_eq!(board["uid"], "routekit-routekit-tests");
    assert_eq!(board["title"], "routekit-tests");
    assert!(board["schemaVersion"].as_u64().is_some_and(|version| version >= 39));
    let mut ids = BTreeSet::new();
    for panel in panels(&board) {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        match panel["type"].as_str().unwrap() {
            "row" => assert!(panel["collapsed"].is_boolean() && panel["panels"].is_array(), "{panel}"),
            kind => {
                assert!(["timeseries", "stat"].contains(&kind), "{kind}");
                assert_eq!(panel["datasource"]["uid"], "${datasource}");
                let targets = panel["targets"].as_array().unwrap();
                let names: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str().unwrap()).collect();
                assert!(!targets.is_empty() && names.len() == targets.len(), "{panel}");
            }
        }
    }
    assert_grid(&board["panels"]);
    for row in board["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] == "row") {
        assert_grid(&row["panels"]);
    }
    let variables: Vec<_> = board["templating"]["list"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(variables, ["datasource", "job"]);
}

#[test]
fn board_is_the_same_each_time_and_shows_what_routes_have() {
    let board = table().grafana_dashboard();
    assert_eq!(board.to_string(), app().grafana_dashboard().unwrap().to_string());
    let always = ["Requests by status", "Errors", "Response times", "In flight", "Answers by policies"];
    assert_eq!(titles(&row(&board, "GET /p/plain")["panels"]), always);
    assert_eq!(row(&board, "GET /p/plain")["collapsed"], true);
    let users = titles(&row(&board, "GET /p/users/{id}")["panels"]);
    assert_eq!(
        users,
        [&["Availability budget left in this time", "Latency budget left in this time"][..], &always, &["Cache"]]
            .concat()
    );
    let pay = titles(&row(&board, "POST /p/pay")["panels"]);
    assert_eq!(pay, [&always[..], &["Breaker", "Calls through the breaker", "Rate limits"]].concat());
    let small = App::with_routes(routes![plain]).config(Config::default()).grafana_dashboard().unwrap();
    let overview = titles(&small["panels"]);
    assert!(!overview.contains(&"Breakers") && !overview.contains(&"Cache hits"), "{overview:?}");
    let titled = App::with_routes(routes![plain]).api_info(ApiInfo::new("Shop API", "1"));
    let titled = titled.config(Config::default()).grafana_dashboard().unwrap();
    assert_eq!((&titled["title"], &titled["uid"]), (&"Shop API".into(), &"routekit-Shop-API".into()));
    let empty = App::with_routes([]).allow_no_routes().config(Config::default()).grafana_dashboard().unwrap();
    assert_grid(&empty["panels"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_query_returns_data_from_a_prometheus_that_scraped_the_app() {
    let table = table();
    let app = app().configure(|config| config.set_admin_addr(AdminAddr::Main));
    let app = wire::run(app).await;
    let Some(prometheus) = Prometheus::scrape("monitoring", app.addr, None, &table.prometheus_rules()).await else {
        return;
    };
    let count = |least: u32| {
        format!("http_server_request_duration_seconds_count{{http_route=\"/p/pay\",error_type=\"500\"}} >= {least}")
    };
    // Two scrapes after requests of each kind, so that rates are known.
    for least in [1, 2] {
        for (method, path, status) in [
            ("GET", "/p/users/1", 200),
            ("GET", "/p/users/1", 200),
            ("GET", "/p/users/2?x=1", 200),
            ("GET", "/p/plain", 200),
            ("GET", "/p/slow", 200),
            ("POST", "/p/pay", 500),
        ] {
            let mut request = wire::get(path);
            *request.method_mut() = method.parse().unwrap();
            assert_eq!(app.http1(request).await.0.status, status, "{path}");
        }
        prometheus.wait_for(&count(least)).await;
    }
    // The figures of the runtime are measured once a second.
    prometheus.wait_for("rate(process_cpu_seconds_total[1m]) and on (instance) tokio_scheduling_delay_seconds").await;
    let board = table.grafana_dashboard();
    let mut queries = 0;
    for panel in panels(&board) {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expr = target["expr"].as_str().unwrap();
            let expr = expr.replace("$job", ".+").replace("$__rate_interval", "1m").replace("$__range", "1h");
            assert!(!expr.contains('$'), "{expr}");
            let result = prometheus.query(&expr).await;
            assert!(!result.is_empty(), "{} has no data: {expr}", panel["title"]);
            queries += 1;
        }
    }
    assert!(queries > 40, "{queries}");
    // Only `pay` has failed, and the cache has answered one of two requests.
    let errors = |route: &str| {
        format!("job_method_route:http_server_request_failures_per_requests:ratio_rate5m{{http_route=\"{route}\"}}")
    };
    for (query, value) in [(errors("/p/pay"), "1"), (errors("/p/plain"), "0")] {
        prometheus.wait_for(&query).await;
        assert_eq!(prometheus.query(&query).await[0]["value"][1], value, "{query}");
    }
    // Each rule can be evaluated.
    let rules = prometheus.get("/api/v1/rules").await.unwrap();
    let rules = rules["data"]["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    let rules: Vec<_> = rules.collect();
    assert!(rules.len() > 50, "{}", rules.len());
    for rule in rules {
        assert!(rule["lastError"].is_null(), "{rule}");
    }
}
