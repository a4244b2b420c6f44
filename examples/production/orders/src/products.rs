//! What can be ordered. Everybody may see it, and it changes with a release.

use production_database::{Database, database_problem};
use routekit::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::FromRow;

#[derive(Serialize, FromRow, JsonSchema)]
struct Product {
    id: String,
    name: String,
    /// The price of one, in cents.
    cents: i64,
}

/// List the products.
#[get(
    "/v2/products",
    public,
    version = "2",
    tags("products"),
    timeout = "2s",
    rate_limit("600/h"),
    cache(ttl = "5m", tags = "products", client_ttl = 60, stale_if_error = "1h")
)]
async fn list_products(database: Dep<Database>) -> Result<Json<Vec<Product>>> {
    let products = sqlx::query_as("SELECT id, name, cents FROM products ORDER BY name");
    products.fetch_all(database.pool()).await.map(Json).map_err(database_problem)
}
