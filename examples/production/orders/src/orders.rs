//! Orders. Each user sees and cancels their own.

use production_database::{Database, database_problem};
use routekit::{
    prelude::*,
    respond::{Created, NoContent},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

routekit::group! { prefix = "/v2/orders", auth, version = "2", tags("orders"), timeout = "2s", body_limit = "4KiB" }

#[derive(Serialize, FromRow, JsonSchema)]
struct Order {
    id: String,
    product: String,
    quantity: i64,
    state: String,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct NewOrder {
    /// The id of a product.
    #[validate(length(min = 1, max = 64), non_control_character)]
    product: String,
    #[validate(range(min = 1, max = 100))]
    quantity: i64,
}

/// List your orders: at most a hundred.
#[get("/", cache(ttl = "1m", per = "user", tags = "orders"))]
async fn list_orders(who: Identity, database: Dep<Database>) -> Result<Json<Vec<Order>>> {
    let orders =
        sqlx::query_as("SELECT id, product, quantity, state FROM orders WHERE owner = $1 ORDER BY id LIMIT 100")
            .bind(who.sub())
            .fetch_all(database.pool());
    orders.await.map(Json).map_err(database_problem)
}

/// Show one of your orders.
#[get("/{id}", cache(ttl = "1m", per = "user", tags = "orders"))]
async fn get_order(id: Uuid, who: Identity, database: Dep<Database>) -> Result<Json<Order>> {
    let order = sqlx::query_as("SELECT id, product, quantity, state FROM orders WHERE id = $1 AND owner = $2")
        .bind(id.to_string())
        .bind(who.sub())
        .fetch_optional(database.pool());
    order.await.map_err(database_problem)?.map(Json).ok_or_else(no_such_order)
}

/// Order a product.
///
/// A repeat with the same `Idempotency-Key` gets the first response, and orders nothing.
#[post("/", idempotent(required), invalidates(user))]
async fn create_order(new: Json<NewOrder>, who: Identity, database: Dep<Database>) -> Result<Created<Json<Order>>> {
    let known = sqlx::query("SELECT 1 FROM products WHERE id = $1").bind(&new.product);
    if known.fetch_optional(database.pool()).await.map_err(database_problem)?.is_none() {
        return Err(Problem::unprocessable("no product has this id"));
    }
    let Json(NewOrder { product, quantity }) = new;
    let order = Order { id: Uuid::new_v4().to_string(), product, quantity, state: "placed".to_owned() };
    sqlx::query("INSERT INTO orders (id, owner, product, quantity, state) VALUES ($1, $2, $3, $4, $5)")
        .bind(&order.id)
        .bind(who.sub())
        .bind(&order.product)
        .bind(order.quantity)
        .bind(&order.state)
        .execute(database.pool())
        .await
        .map_err(database_problem)?;
    Ok(Created(Json(order)))
}

/// Cancel one of your orders.
#[delete("/{id}", invalidates(user))]
async fn cancel_order(id: Uuid, who: Identity, database: Dep<Database>) -> Result<NoContent> {
    let cancelled = sqlx::query("UPDATE orders SET state = 'cancelled' WHERE id = $1 AND owner = $2")
        .bind(id.to_string())
        .bind(who.sub())
        .execute(database.pool())
        .await
        .map_err(database_problem)?;
    if cancelled.rows_affected() == 0 { Err(no_such_order()) } else { Ok(NoContent) }
}

fn no_such_order() -> Problem {
    Problem::not_found("none of your orders has this id")
}
