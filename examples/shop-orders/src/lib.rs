//! The orders of the shop. Nothing here is called by name: the routes are found because the crate is linked.

use routekit::prelude::*;
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: u64,
    state: &'static str,
}

/// One order.
#[get("/orders/{id}", timeout = "2s", tags("orders"))]
async fn order(id: u64) -> Json<Order> {
    // Scraped at `/metrics` beside the app's own.
    metrics::counter!("shop_orders_shown_total").increment(1);
    Json(Order { id, state: "shipped" })
}
