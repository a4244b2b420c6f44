//! The same program with PostgreSQL.

use std::process::Command;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::{
    Production, header, issued, json_of,
    orders::{orders_live, orders_repeat},
    text_of,
    users::users_live,
};
use crate::{process::refused, support::PostgresServer};

/// The program with this database.
fn on(server: &PostgresServer) -> Command {
    let mut command = issued();
    command.env("DATABASE_URL", server.url());
    command
}

/// A connection of the test itself.
async fn connect(server: &PostgresServer) -> PgConnection {
    PgConnection::connect(&server.url()).await.unwrap()
}

#[tokio::test]
async fn users_and_orders_live_in_postgresql() {
    let Some(server) = PostgresServer::start("production-lives") else { return };
    let mut app = Production::start_issued(&mut on(&server));
    users_live(&app).await;
    let second = json!({ "name": "Anna", "email": "ANN@example.com" });
    assert_eq!(app.send(Method::POST, "/v2/users", &second).await.status(), 409);
    orders_repeat(&app).await;
    orders_live(&mut app).await;
    let mut database = connect(&server).await;
    let users: Vec<(String, String)> =
        sqlx::query_as("SELECT name, email FROM users").fetch_all(&mut database).await.unwrap();
    assert_eq!(users, [("ann".to_owned(), "ann@example.com".to_owned())]);
    let orders: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, quantity FROM orders ORDER BY state").fetch_all(&mut database).await.unwrap();
    assert_eq!(orders, [("cancelled".to_owned(), 2), ("placed".to_owned(), 2)]);
}

#[cfg(unix)]
#[tokio::test]
async fn users_and_orders_outlive_the_program_and_the_database() {
    let Some(mut server) = PostgresServer::start("production-restart") else { return };
    let app = Production::start_issued(&mut on(&server));
    let ann = app.create_user("ann").await;
    let order = app.request(Method::POST, "/v2/orders").header("idempotency-key", "1");
    let order = json_of(order.json(&json!({ "product": "tea", "quantity": 3 })).send().await.unwrap()).await;
    let (code, last) = app.stop();
    assert_eq!(code, Some(0), "{last}");

    // The second start finds its tables.
    let app = Production::start_issued(&mut on(&server));
    assert_eq!(json_of(app.get(&ann).await).await["name"], "ann");
    let path = format!("/v2/orders/{}", text_of(&order["id"]));
    assert_eq!(json_of(app.get(&path).await).await, order);

    // Connections that ended while nothing used them fail no request.
    server.restart();
    let bob = app.create_user("bob").await;
    assert_eq!(json_of(app.get(&bob).await).await["name"], "bob");
}

#[tokio::test]
async fn a_program_that_starts_before_its_database_becomes_ready_with_it() {
    let Some(mut server) = PostgresServer::start("production-away") else { return };
    server.stop();
    let app = Production::start_issued(&mut on(&server));
    assert_eq!(app.get("/health/ready").await.status(), 503);
    let response = app.get("/v2/users").await;
    assert_eq!((response.status().as_u16(), header(&response, "retry-after").as_str()), (503, "5"));
    server.restart();
    app.until_log(r#""ready":true"#);
    assert_eq!(app.get("/health/ready").await.status(), 200);
    users_live(&app).await;
}

#[tokio::test]
async fn a_migration_that_postgresql_refuses_ends_the_program_with_the_statement() {
    let Some(server) = PostgresServer::start("production-refused") else { return };
    connect(&server).await.execute("CREATE TABLE products (id TEXT)").await.unwrap();
    let mut command = on(&server);
    let text = tokio::task::spawn_blocking(move || refused(&mut command)).await.unwrap();
    assert!(text.contains("migration 2 has failed") && text.contains("already exists"), "{text}");
    assert!(text.contains("CREATE TABLE products (\n    id TEXT PRIMARY KEY"), "{text}");
}

#[tokio::test]
async fn the_pool_opens_at_most_its_number_of_connections() {
    let Some(server) = PostgresServer::start("production-pool") else { return };
    let app = Production::start_issued(on(&server).env("DATABASE_MAX_CONN", "2"));
    // No page is cached yet, so each asks the database.
    let pages: Vec<String> = (1..=40).map(|page| format!("/v2/users?page={page}")).collect();
    for response in join_all(pages.iter().map(|page| app.get(page))).await {
        assert_eq!(response.status(), 200);
    }
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    let backends: i64 = sqlx::query_scalar(backends).fetch_one(&mut connect(&server).await).await.unwrap();
    assert_eq!(backends, 3, "two of the program, and one of the test");
}
