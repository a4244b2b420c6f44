//! The invoices of the shop.

use routekit::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

/// How the shop sends invoices; the app provides one.
#[derive(Debug)]
pub struct Sender(pub &'static str);

#[derive(Serialize, JsonSchema)]
struct Invoice {
    id: u64,
    sender: &'static str,
}

/// One invoice.
#[get("/invoices/{id}", tags("billing"))]
async fn invoice(id: u64, sender: Dep<Sender>) -> Json<Invoice> {
    Json(Invoice { id, sender: sender.0 })
}
