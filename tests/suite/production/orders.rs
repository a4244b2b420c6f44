//! The routes of orders: each user has their own, and a repeated request orders once.

use reqwest::{Method, Response};
use serde_json::json;

use super::{Production, header, issued, json_of, text_of, token};

impl Production {
    async fn order(&self, key: &str, product: &str) -> Response {
        let request = self.request(Method::POST, "/v2/orders").header("idempotency-key", key);
        request.json(&json!({ "product": product, "quantity": 2 })).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_repeat_with_its_key_orders_once() {
    orders_repeat(&Production::start()).await;
}

/// An order, its repeats, and orders that are refused.
pub(super) async fn orders_repeat(app: &Production) {
    let first = app.order("key-1", "tea").await;
    assert_eq!(first.status(), 201);
    let first = json_of(first).await;
    let repeat = app.order("key-1", "tea").await;
    assert_eq!(header(&repeat, "idempotency-replayed"), "true");
    assert_eq!(json_of(repeat).await, first);
    assert_eq!(json_of(app.get("/v2/orders").await).await, json!([first]));
    assert_eq!(app.order("key-1", "cup").await.status(), 422, "a new request needs a new key");
    let unkeyed = app.send(Method::POST, "/v2/orders", &json!({ "product": "tea", "quantity": 1 })).await;
    assert_eq!(unkeyed.status(), 400);
    assert_eq!(app.order("key-2", "yacht").await.status(), 422);
}

#[tokio::test]
async fn users_see_and_cancel_their_own_orders() {
    orders_live(&mut Production::start_issued(&mut issued())).await;
}

/// The life of an order, and a user whom it does not concern.
pub(super) async fn orders_live(app: &mut Production) {
    let order = json_of(app.order("key-k", "kettle").await).await;
    let path = format!("/v2/orders/{}", text_of(&order["id"]));
    assert_eq!(app.get(&path).await.status(), 200);
    let ann = std::mem::replace(&mut app.token, token("bob", &[], 600));
    assert_eq!(json_of(app.get("/v2/orders").await).await, json!([]));
    assert_eq!(app.get(&path).await.status(), 404);
    assert_eq!(app.request(Method::DELETE, &path).send().await.unwrap().status(), 404);
    app.token = ann;
    assert_eq!(app.request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(json_of(app.get(&path).await).await["state"], "cancelled", "the cached answer is invalid");
}
