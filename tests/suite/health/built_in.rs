//! The checks that routekit brings, against real servers, files and databases.

use std::sync::atomic::Ordering;

use axum::{Router, response::Redirect, routing::get};
use http::StatusCode;
use rcgen::generate_simple_self_signed;
use routekit::{
    ManualClock,
    cache::Cache,
    health::{HealthCheck, HealthCheckResult},
    test::TestApp,
};
use serde_json::json;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::net::TcpListener;

use super::{app, health, result_of};
use crate::{cache_stats::Elsewhere, support::free_port};

#[tokio::test]
async fn http_check_reports_the_status_of_a_server() {
    let server = Router::new()
        .route("/ok", get(async || "fine"))
        .route("/query", get(async |uri: http::Uri| uri.query().unwrap_or_default().to_owned()))
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/moved", get(async || Redirect::temporary("/ok")))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, server).await });
    for (path, status, message, code) in [
        ("/ok", "healthy", None, 200),
        ("/query?deep=1", "healthy", None, 200),
        ("/empty", "healthy", None, 204),
        ("/moved", "degraded", Some("HTTP 307"), 307),
        ("/missing", "degraded", Some("HTTP 404"), 404),
        ("/broken", "degraded", Some("HTTP 500"), 500),
    ] {
        for host in [addr.to_string(), format!("localhost:{}", addr.port())] {
            let result = result_of(HealthCheck::http("payments", format!("http://{host}{path}"))).await;
            assert_eq!(result["status"], status, "{host}{path}: {result}");
            assert_eq!(result["message"].as_str(), message, "{host}{path}");
            assert_eq!(result["details"], json!({ "statusCode": code }), "{host}{path}");
        }
    }
}

#[tokio::test]
async fn http_check_of_a_server_that_cannot_be_reached_is_unhealthy() {
    // Closes each connection, once without an answer and once with a different protocol.
    let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rude_addr = rude.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = rude.accept().await.unwrap();
            drop(stream);
        }
    });
    for url in [format!("http://{}/", free_port()), format!("http://{rude_addr}/"), format!("https://{rude_addr}/")] {
        let check = HealthCheck::http("payments", &url);
        assert!(!check.is_critical(), "a server elsewhere");
        let result = result_of(check).await;
        assert_eq!(result["status"], "unhealthy", "{url}: {result}");
        assert_eq!(result["details"]["error"], result["message"], "{url}");
        assert!(result["details"].get("statusCode").is_none(), "{url}");
    }
}

#[tokio::test]
async fn http_check_refuses_an_unknown_certificate() {
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let _ = acceptor.accept(stream).await;
        }
    });
    let result = result_of(HealthCheck::http("payments", format!("https://localhost:{port}/"))).await;
    assert_eq!(result["status"], "unhealthy");
    assert!(result["message"].as_str().unwrap().contains("certificate"), "{result}");
}

#[tokio::test(start_paused = true)]
async fn http_check_gives_up_after_5_seconds() {
    // The system accepts the connection, and nothing answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = silent.local_addr().unwrap();
    let result = result_of(HealthCheck::http("payments", format!("http://{addr}/"))).await;
    assert_eq!(result["message"], "no result within 5s");
}

#[tokio::test]
async fn tcp_check_reports_whether_a_port_is_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = result_of(HealthCheck::tcp("redis", listener.local_addr().unwrap().to_string())).await;
    assert_eq!((&open["status"], &open["details"]), (&json!("healthy"), &json!({ "connected": true })));
    let check = HealthCheck::tcp("redis", free_port().to_string());
    assert!(!check.is_critical());
    let closed = result_of(check).await;
    assert_eq!((&closed["status"], &closed["details"]["connected"]), (&json!("unhealthy"), &json!(false)));
    assert!(closed["message"].as_str().unwrap().starts_with("cannot connect to 127.0.0.1:"), "{closed}");
}

#[tokio::test]
async fn disk_check_reports_the_free_space() {
    let check = HealthCheck::disk("disk", env!("CARGO_TARGET_TMPDIR"));
    assert!(check.is_critical());
    let result = result_of(check).await;
    let (free, total) = (&result["details"]["freeBytes"], &result["details"]["totalBytes"]);
    assert!(free.as_u64() <= total.as_u64() && total.as_u64() > Some(0), "{result}");
    let missing = result_of(HealthCheck::disk("disk", "/no/such/directory")).await;
    assert_eq!(missing["status"], "unhealthy");
    assert!(missing["message"].as_str().unwrap().contains("free space of /no/such/directory"), "{missing}");
}

#[tokio::test]
async fn cache_check_is_degraded_while_its_store_is_away() {
    let clock = ManualClock::new();
    let (store, away) = Elsewhere::new(&clock);
    let cache = Cache::builder().store(store).clock(clock.clock()).build();
    let check = HealthCheck::cache(cache.clone()).max_age(std::time::Duration::ZERO);
    assert!(!check.is_critical());
    let app = TestApp::new(app([check]).cache(cache));
    let up = health(&app).await;
    assert_eq!(up["checks"]["cache"]["status"], "healthy");
    assert_eq!(up["checks"]["cache"]["details"], json!({ "latency": 3.0 }));
    away.store(true, Ordering::Relaxed);
    let down = app.admin().get("/health").send().await;
    assert_eq!(down.status(), 200, "the app answers without its cache");
    assert_eq!(down.json::<serde_json::Value>()["checks"]["cache"]["status"], "degraded");
    let embedded = result_of(HealthCheck::cache(Cache::builder().build())).await;
    assert_eq!(embedded["status"], "healthy");
}

#[tokio::test]
async fn sql_check_queries_sqlite() {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let check = HealthCheck::sql(pool.clone()).max_age(std::time::Duration::ZERO);
    assert_eq!((check.name(), check.is_critical()), ("database", true));
    let app = TestApp::new(app([check]));
    let up = health(&app).await;
    assert_eq!(up["checks"]["database"]["status"], "healthy", "{up}");
    assert_eq!(up["checks"]["database"]["details"], json!({ "connected": true }));
    let held = pool.acquire().await.unwrap();
    drop(held);
    pool.close().await;
    let down = health(&app).await;
    assert_eq!((&down["status"], &down["checks"]["database"]["status"]), (&json!("unhealthy"), &json!("unhealthy")));
    assert_eq!(down["checks"]["database"]["details"]["connected"], false);
    assert_eq!(app.get("/health/ready").send().await.status(), 503);
}

#[tokio::test]
async fn own_check_with_a_query_fails_with_the_error_of_the_database() {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let check = HealthCheck::new("orders", async move || {
        sqlx::query("SELECT count(*) FROM orders").execute(&pool).await.map(drop)
    });
    let result = result_of(check).await;
    assert_eq!(result["status"], "unhealthy");
    assert!(result["message"].as_str().unwrap().contains("no such table: orders"), "{result}");
    let unit: HealthCheckResult = Ok::<_, String>(()).into();
    assert_eq!(unit, HealthCheckResult::healthy());
}
