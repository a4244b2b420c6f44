//! The endpoints of an operator, on the port of the routes.

use std::process::Stdio;

use reqwest::Method;

use super::{Production, header, issued, json_of, production, token};
use crate::{process::promtool_accepts, support::output_of};

#[tokio::test]
async fn endpoints_of_operators_answer_on_the_port_of_the_routes() {
    let app = Production::start();
    for path in ["/health", "/health/ready"] {
        let response = app.client.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path} needs no token");
    }
    let report = json_of(app.get("/metrics/performance").await).await;
    assert!(report["summary"]["totalRequests"].is_u64() && report["recommendations"].is_array(), "{report}");
    let stats = json_of(app.get("/cache/stats").await).await;
    assert!(stats["hitRate"].is_number() && stats["sets"].as_u64() > Some(0), "the cache is warmed up: {stats}");
    let metrics = app.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("http_server_request_duration_seconds_bucket"));
    promtool_accepts(&metrics);
    for path in ["/metrics", "/metrics/performance", "/cache/stats", "/alerts", "/breakers"] {
        let response = app.client.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(response.status(), 401, "{path} needs a token");
    }
}

#[tokio::test]
async fn clients_without_the_role_read_no_figures() {
    let mut app = Production::start_issued(&mut issued());
    app.token = token("bob", &[], 600);
    assert_eq!(app.get("/v2/users").await.status(), 200);
    for path in ["/metrics", "/metrics/performance", "/cache/stats"] {
        assert_eq!(app.get(path).await.status(), 403, "{path}");
    }
    assert_eq!(app.request(Method::DELETE, "/cache/tag/users").send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn the_documents_are_public_and_name_each_route() {
    let app = Production::start();
    let document = app.client.get(format!("{}/openapi.json", app.url)).send().await.unwrap();
    let document = json_of(document).await;
    for path in ["/v1/users", "/v2/users", "/v2/users/{id}", "/v2/users/{id}/sessions", "/v2/orders", "/v2/products"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    assert_eq!(document["paths"]["/v1/users"]["get"]["deprecated"], true);
    let page = app.client.get(format!("{}/docs", app.url)).send().await.unwrap();
    assert!(header(&page, "content-type").starts_with("text/html"));
}

#[test]
fn the_banner_names_routes_layers_features_and_endpoints() {
    let app = Production::start();
    let log = app.log().join("\n");
    assert!(log.starts_with("12 routes, "), "{log}");
    for part in ["layers: ", "rate_limit", "features: ", "circuit-breakers", "/health/ready", "/metrics/performance"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    // For machines, it is one event without a token.
    let app = Production::start_issued(&mut issued());
    let log = app.log();
    assert!(log.iter().all(|line| line.starts_with('{')), "{log:?}");
    assert!(log[0].contains(r#""routes":12"#) && log[0].contains("/cache/stats"), "{log:?}");
    assert!(!log.join("").contains("TOKEN"));
}

#[test]
fn commands_need_neither_port_nor_database() {
    let mut command = production();
    command.env("DATABASE_URL", "postgres://user:password@127.0.0.1:1/database").stderr(Stdio::inherit());
    let routes = output_of(command.arg("routes"));
    assert!(
        routes.contains("GET") && routes.contains("/v2/orders") && routes.contains("production_orders"),
        "{routes}"
    );
    output_of(production().env("HOST", "0.0.0.0").args(["check", "--deny-warnings"]));
    output_of(production().args(["openapi", "--deny-warnings"]));
    let rules = output_of(production().arg("rules"));
    assert!(rules.contains("/v2/users"), "{rules}");
}
