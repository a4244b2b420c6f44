//! The orders of the shop. No code calls them by name: linking the crate is enough to discover the routes.

use routekit::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
struct Order {
    id: u64,
    state: &'static str,
}

/// One order.
#[get("/orders/{id}", timeout = "2s", slo(availability = 0.999, latency("300ms", 0.99)), tags("orders"))]
async fn order(id: u64) -> Json<Order> {
    // Scraped at `/metrics` beside the app's own.
    metrics::counter!("shop_orders_shown_total").increment(1);
    Json(Order { id, state: "shipped" })
}
