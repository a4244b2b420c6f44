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
    Json(Order { id, state: "shipped" })
}
