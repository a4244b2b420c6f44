//! Parts that are away or fail: the database, a migration, the auth service.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::net::TcpListener;

use super::{Production, header, issued, json_of};
use crate::{process::refused, support::temporary};

#[tokio::test]
async fn a_database_that_is_away_keeps_the_app_from_being_ready() {
    let app = Production::start_issued(issued().env("DATABASE_URL", "postgres://user:hunter2@127.0.0.1:1/database"));
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), 503);
    assert_eq!(app.get("/health/live").await.status(), 200, "a restart would not help");
    let response = app.get("/v2/users").await;
    assert_eq!((response.status().as_u16(), header(&response, "retry-after").as_str()), (503, "5"));
    // It goes on trying, with longer pauses.
    app.until_log(r#""retry_after":"250ms""#);
    app.until_log(r#""retry_after":"500ms""#);
    assert!(!app.log().join("").contains("hunter2"));
}

#[tokio::test]
async fn a_migration_that_fails_ends_the_program_with_the_statement() {
    let file = temporary("production-migration").join("database");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    connection.execute("CREATE TABLE products (id TEXT)").await.unwrap();
    connection.close().await.unwrap();
    let text = tokio::task::spawn_blocking(move || refused(issued().env("DATABASE_URL", url))).await.unwrap();
    assert!(text.contains("migration 2 has failed") && text.contains("already exists"), "{text}");
    assert!(text.contains("CREATE TABLE products (\n    id TEXT PRIMARY KEY"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn users_in_a_file_outlive_the_program() {
    let file = temporary("production-restart").join("database");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let app = Production::start_issued(issued().env("DATABASE_URL", &url));
    let ann = app.create_user("ann").await;
    let (code, last) = app.stop();
    assert_eq!(code, Some(0));
    assert!(last.contains("stopped"), "{last}");
    let app = Production::start_issued(issued().env("DATABASE_URL", &url));
    assert_eq!(json_of(app.get(&ann).await).await["name"], "ann");
}

const UNKNOWN: &str = "00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn calls_of_a_failing_auth_service_stop_at_the_breaker() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    static FAILING: AtomicUsize = AtomicUsize::new(0);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sessions = get(async |Path(id): Path<String>| {
        if id == UNKNOWN {
            return (StatusCode::NOT_FOUND, "");
        }
        CALLS.fetch_add(1, Ordering::SeqCst);
        if FAILING.load(Ordering::SeqCst) > 0 {
            return (StatusCode::INTERNAL_SERVER_ERROR, "");
        }
        (StatusCode::OK, r#"[{"device":"phone"}]"#)
    });
    let service = Router::new().route("/health", get(async || "up")).route("/users/{id}/sessions", sessions);
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });

    let app = Production::start_issued(issued().env("AUTH_SERVICE_URL", url));
    let path = "/v2/users/6acbf603-cd8b-4b62-b86b-ecda873eae16/sessions";
    assert_eq!(json_of(app.get(path).await).await[0]["device"], "phone");
    let health = json_of(app.get("/readiness").await).await;
    assert_eq!(health["health"]["checks"]["auth-service"]["status"], "healthy", "{health}");

    let unknown = format!("/v2/users/{UNKNOWN}/sessions");
    for _ in 0..20 {
        assert_eq!(app.get(&unknown).await.status(), 404, "an unknown user is no failure of the service");
    }

    FAILING.store(1, Ordering::SeqCst);
    let mut last = app.get(path).await;
    while last.status() != 503 {
        assert_eq!(last.status(), 500);
        assert!(CALLS.load(Ordering::SeqCst) < 40, "the breaker does not open");
        last = app.get(path).await;
    }
    assert!(header(&last, "retry-after").parse::<u64>().unwrap() > 0);
    let calls = CALLS.load(Ordering::SeqCst);
    app.get(path).await;
    assert_eq!(CALLS.load(Ordering::SeqCst), calls, "an open breaker lets no call pass");
    let breaker = json_of(app.get("/breakers/auth-service").await).await;
    assert_eq!(breaker["state"], "open", "{breaker}");
}
