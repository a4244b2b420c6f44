//! What `examples/crud` answers, in plain axum with moka: `crud-by-hand ADDR`, with `DATABASE_URL`.
//!
//! As a careful user would write it: rules are checked by hand, with a text as the reason. It has no metrics, no
//! request ids, no timeouts and no limits.

#![allow(clippy::unwrap_used, reason = "a bench")]

use std::{env, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool, postgres::PgPoolOptions};

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

#[derive(Serialize, FromRow)]
struct Item {
    id: i32,
    name: String,
    category: String,
    price: i32,
    quantity: i32,
    active: bool,
    #[sqlx(json)]
    tags: Vec<String>,
    #[sqlx(json)]
    rating: Rating,
}

#[derive(Serialize, Deserialize)]
struct Rating {
    score: i32,
    count: i32,
}

#[derive(Deserialize)]
#[serde(default)]
struct Filter {
    category: String,
    page: u32,
    limit: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Self { category: "electronics".to_owned(), page: 1, limit: 10 }
    }
}

#[derive(Serialize)]
struct Page {
    items: Vec<Item>,
    total: usize,
    page: u32,
    limit: u32,
}

#[derive(Deserialize)]
struct NewItem {
    id: i32,
    name: String,
    category: String,
    price: i32,
    quantity: i32,
}

#[derive(Deserialize)]
struct Change {
    name: String,
    price: i32,
    quantity: i32,
}

#[derive(Clone)]
struct App {
    pool: PgPool,
    items: Cache<i32, Bytes>,
}

enum Failure {
    NotFound,
    Invalid(&'static str),
    Database,
}

impl From<sqlx::Error> for Failure {
    fn from(_: sqlx::Error) -> Self {
        Self::Database
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "no item has this id").into_response(),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason).into_response(),
            Self::Database => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

fn check_text(text: &str, most: usize, reason: &'static str) -> Result<(), Failure> {
    let is_fine = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_fine.then_some(()).ok_or(Failure::Invalid(reason))
}

fn check_amounts(price: i32, quantity: i32) -> Result<(), Failure> {
    (price >= 0 && quantity >= 0).then_some(()).ok_or(Failure::Invalid("price and quantity: at least 0"))
}

async fn list_items(State(app): State<App>, Query(filter): Query<Filter>) -> Result<Json<Page>, Failure> {
    let Filter { category, page, limit } = filter;
    check_text(&category, 64, "category: 1 to 64 characters")?;
    if page < 1 || !(1..=50).contains(&limit) {
        return Err(Failure::Invalid("page: at least 1; limit: 1 to 50"));
    }
    let items = sqlx::query_as("SELECT * FROM items WHERE category = $1 ORDER BY id LIMIT $2 OFFSET $3")
        .bind(category)
        .bind(i64::from(limit))
        .bind(i64::from(page - 1) * i64::from(limit));
    let items: Vec<Item> = items.fetch_all(&app.pool).await?;
    Ok(Json(Page { total: items.len(), items, page, limit }))
}

async fn get_item(State(app): State<App>, Path(id): Path<i32>) -> Result<Response, Failure> {
    let answer = |x_cache: &'static str, body| ([(CONTENT_TYPE, "application/json"), (X_CACHE, x_cache)], body);
    if let Some(body) = app.items.get(&id) {
        return Ok(answer("HIT", body).into_response());
    }
    let item = sqlx::query_as("SELECT * FROM items WHERE id = $1").bind(id).fetch_optional(&app.pool);
    let item: Item = item.await?.ok_or(Failure::NotFound)?;
    let body = Bytes::from(serde_json::to_vec(&item).unwrap());
    app.items.insert(id, body.clone());
    Ok(answer("MISS", body).into_response())
}

async fn create_item(
    State(app): State<App>,
    Json(new): Json<NewItem>,
) -> Result<(StatusCode, [(&'static str, String); 1], Json<Item>), Failure> {
    let NewItem { id, name, category, price, quantity } = new;
    check_text(&name, 200, "name: 1 to 200 characters")?;
    check_text(&category, 64, "category: 1 to 64 characters")?;
    check_amounts(price, quantity)?;
    let upsert = "INSERT INTO items (id, name, category, price, quantity) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET (name, category, price, quantity) = ($2, $3, $4, $5) RETURNING *";
    let item = sqlx::query_as(upsert).bind(id).bind(name).bind(category).bind(price).bind(quantity);
    let item: Item = item.fetch_one(&app.pool).await?;
    app.items.invalidate(&id);
    Ok((StatusCode::CREATED, [("location", format!("/crud/items/{id}"))], Json(item)))
}

async fn update_item(
    State(app): State<App>,
    Path(id): Path<i32>,
    Json(change): Json<Change>,
) -> Result<Json<Item>, Failure> {
    check_text(&change.name, 200, "name: 1 to 200 characters")?;
    check_amounts(change.price, change.quantity)?;
    let update = "UPDATE items SET name = $2, price = $3, quantity = $4 WHERE id = $1 RETURNING *";
    let item = sqlx::query_as(update).bind(id).bind(&change.name).bind(change.price).bind(change.quantity);
    let item: Item = item.fetch_optional(&app.pool).await?.ok_or(Failure::NotFound)?;
    app.items.invalidate(&id);
    Ok(Json(item))
}

#[tokio::main]
async fn main() {
    // `cargo bench` runs every bench, with `--bench` only.
    let Some(addr) = env::args().skip(1).find(|argument| !argument.starts_with("--")) else { return };
    let connections = env::var("DATABASE_MAX_CONN").unwrap().parse().unwrap();
    let url = env::var("DATABASE_URL").unwrap();
    let pool = PgPoolOptions::new().max_connections(connections).connect(&url).await.unwrap();
    let items = Cache::builder().max_capacity(100_000).time_to_live(Duration::from_millis(200)).build();
    let app = App { pool, items };
    let router = Router::new()
        .route("/crud/items", get(list_items).post(create_item))
        .route("/crud/items/{id}", get(get_item).put(update_item))
        .with_state(app);
    axum::serve(tokio::net::TcpListener::bind(addr).await.unwrap(), router).await.unwrap();
}
