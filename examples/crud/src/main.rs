//! Items in PostgreSQL, read through a cache: the public `crud` profile of HttpArena.
//!
//! ```sh
//! export DATABASE_URL=postgres://user:password@localhost/database
//! cargo run -p crud -- seed   # makes the table `items` anew, with 100,000 rows
//! cargo run -p crud           # serves it on 127.0.0.1:3000
//! ```

use std::{env, error::Error};

use routekit::{
    Spawner,
    axum::http::{HeaderName, header::LOCATION},
    cache::Cache,
    health::HealthCheck,
    prelude::*,
    respond::Created,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool, postgres::PgPoolOptions};

#[derive(Serialize, FromRow, JsonSchema)]
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

#[derive(Serialize, Deserialize, JsonSchema)]
struct Rating {
    score: i32,
    count: i32,
}

#[derive(Deserialize, Validate, JsonSchema)]
#[serde(default)]
struct Filter {
    #[validate(length(min = 1, max = 64), non_control_character)]
    category: String,
    #[validate(range(min = 1))]
    page: u32,
    #[validate(range(min = 1, max = 50))]
    limit: u32,
}

impl Default for Filter {
    fn default() -> Self {
        Self { category: "electronics".to_owned(), page: 1, limit: 10 }
    }
}

/// A page of items. `total` is how many there are on this page.
#[derive(Serialize, JsonSchema)]
struct Page {
    items: Vec<Item>,
    total: usize,
    page: u32,
    limit: u32,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct NewItem {
    id: i32,
    #[validate(length(min = 1, max = 200), non_control_character)]
    name: String,
    #[validate(length(min = 1, max = 64), non_control_character)]
    category: String,
    #[validate(range(min = 0))]
    price: i32,
    #[validate(range(min = 0))]
    quantity: i32,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct Change {
    #[validate(length(min = 1, max = 200), non_control_character)]
    name: String,
    #[validate(range(min = 0))]
    price: i32,
    #[validate(range(min = 0))]
    quantity: i32,
}

/// List the items of a category.
#[get("/crud/items")]
async fn list_items(query: Query<Filter>, pool: Dep<PgPool>) -> Result<Json<Page>> {
    let Query(Filter { category, page, limit }) = query;
    let items = sqlx::query_as("SELECT * FROM items WHERE category = $1 ORDER BY id LIMIT $2 OFFSET $3")
        .bind(category)
        .bind(i64::from(limit))
        .bind(i64::from(page - 1) * i64::from(limit));
    let items: Vec<Item> = items.fetch_all(&*pool).await.map_err(Problem::internal)?;
    Ok(Json(Page { total: items.len(), items, page, limit }))
}

/// Show one item.
#[get("/crud/items/{id}", cache(ttl = "200ms", tags = "item:{id}"))]
async fn get_item(id: i32, pool: Dep<PgPool>) -> Result<Json<Item>> {
    let item = sqlx::query_as("SELECT * FROM items WHERE id = $1").bind(id).fetch_optional(&*pool);
    item.await.map_err(Problem::internal)?.map(Json).ok_or_else(no_such_item)
}

/// Create an item, or replace what the request names of the one with this id.
///
/// `Location` names the item, which invalidates it in the cache (RFC 9111 §4.4).
#[post("/crud/items")]
async fn create_item(
    new: Json<NewItem>,
    pool: Dep<PgPool>,
) -> Result<([(HeaderName, String); 1], Created<Json<Item>>)> {
    let upsert = "INSERT INTO items (id, name, category, price, quantity) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET (name, category, price, quantity) = ($2, $3, $4, $5) RETURNING *";
    let Json(NewItem { id, name, category, price, quantity }) = new;
    let item = sqlx::query_as(upsert).bind(id).bind(name).bind(category).bind(price).bind(quantity);
    let item: Item = item.fetch_one(&*pool).await.map_err(Problem::internal)?;
    Ok(([(LOCATION, format!("/crud/items/{id}"))], Created(Json(item))))
}

/// Change an item.
#[put("/crud/items/{id}", invalidates("item:{id}"))]
async fn update_item(id: i32, change: Json<Change>, pool: Dep<PgPool>) -> Result<Json<Item>> {
    let update = "UPDATE items SET name = $2, price = $3, quantity = $4 WHERE id = $1 RETURNING *";
    let item = sqlx::query_as(update).bind(id).bind(&change.name).bind(change.price).bind(change.quantity);
    item.fetch_optional(&*pool).await.map_err(Problem::internal)?.map(Json).ok_or_else(no_such_item)
}

fn no_such_item() -> Problem {
    Problem::not_found("no item has this id")
}

/// A pool that connects when it is first used.
fn pool() -> Result<PgPool, Box<dyn Error>> {
    let url = env::var("DATABASE_URL").map_err(
        |_| "DATABASE_URL is missing: set it as in DATABASE_URL=postgres://user:password@localhost/database",
    )?;
    let connections = env::var("DATABASE_MAX_CONN").unwrap_or_else(|_| "10".to_owned());
    let connections = connections.parse().ok().filter(|&connections| connections > 0);
    let connections = connections.ok_or("DATABASE_MAX_CONN is not a number above zero, as in DATABASE_MAX_CONN=10")?;
    let pool = PgPoolOptions::new().max_connections(connections).connect_lazy(&url);
    pool.map_err(|error| format!("DATABASE_URL cannot be used: {error}").into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = pool()?;
    if env::args().nth(1).as_deref() == Some("seed") {
        sqlx::raw_sql(include_str!("../seed.sql")).execute(&pool).await?;
        return Ok(());
    }
    routekit::telemetry::init()?;
    // Without jitter, an item is fresh for exactly 200 ms.
    let cache = Cache::builder().ttl_jitter(0.0).spawner(Spawner::tokio()).build();
    App::discover().cache(cache).health(HealthCheck::sql(pool.clone())).provide(pool).serve().await?;
    Ok(())
}
