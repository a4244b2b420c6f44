//! The cache of 200 ms, and what invalidates it.

use std::time::Duration;

use reqwest::Method;
use sqlx::PgConnection;
use tokio::time::Instant;

use super::{Crud, change, header, json_of, new_item};

const TTL: Duration = Duration::from_millis(200);

/// A read, with the times between which it was answered.
struct Read {
    begin: Instant,
    end: Instant,
    is_hit: bool,
    price: i64,
}

impl Crud {
    async fn read(&self, id: i32) -> Read {
        let begin = Instant::now();
        let response = self.get(&format!("/crud/items/{id}")).await;
        assert_eq!(response.status(), 200);
        let x_cache = header(&response, "x-cache");
        assert!(["HIT", "MISS"].contains(&x_cache.as_str()), "{x_cache}");
        let price = json_of(response).await["price"].as_i64().unwrap();
        let end = Instant::now();
        Read { begin, end, is_hit: x_cache == "HIT", price }
    }
}

/// Changes an item behind the back of the program.
async fn set_price(database: &mut PgConnection, id: i32, price: i32) {
    let update = sqlx::query("UPDATE items SET price = $2 WHERE id = $1").bind(id).bind(price);
    update.execute(database).await.unwrap();
}

#[tokio::test]
async fn an_item_is_served_from_the_cache_for_200_ms() {
    let Some(app) = Crud::start("expiry", "10") else { return };
    let mut database = app.database().await;
    let mut hits = 0;
    for id in 1..=10 {
        let first = app.read(id).await;
        assert!(!first.is_hit);
        set_price(&mut database, id, 700).await;
        // The item was stored during the first read. On a slow machine, these bounds are wider, and hold as well.
        let mut next = app.read(id).await;
        while next.is_hit {
            hits += 1;
            assert_eq!(next.price, first.price, "it is the stored item");
            let age = next.begin - first.end;
            assert!(age <= TTL, "a hit after {age:?}");
            next = app.read(id).await;
        }
        assert_eq!(next.price, 700);
        let age = next.end - first.begin;
        assert!(age >= TTL, "a miss after {age:?}");
    }
    assert!(hits > 0, "each read took longer than 200 ms");
}

#[tokio::test]
async fn a_change_and_an_upsert_invalidate_before_their_response() {
    let Some(app) = Crud::start("invalidation", "10") else { return };
    // Ten times, so that some invalidations find an item that is fresh, also on a slow machine.
    for price in 1001..=1010 {
        app.read(7).await;
        app.read(8).await;
        assert_eq!(app.send(Method::PUT, "/crud/items/7", &change(price)).await.status(), 200);
        let read = app.read(7).await;
        assert_eq!((read.is_hit, read.price), (false, price.into()), "after PUT");

        assert_eq!(app.send(Method::POST, "/crud/items", &new_item(8, price)).await.status(), 201);
        let read = app.read(8).await;
        assert_eq!((read.is_hit, read.price), (false, price.into()), "after POST");
    }
}

#[tokio::test]
async fn a_change_invalidates_one_item_and_a_refused_one_none() {
    let Some(app) = Crud::start("others", "10") else { return };
    let mut database = app.database().await;
    let mut hits = 0;
    for price in 2001..=2010 {
        let stored = app.read(9).await;
        set_price(&mut database, 9, price).await;
        app.send(Method::PUT, "/crud/items/10", &change(price)).await;
        assert_eq!(app.send(Method::PUT, "/crud/items/9", &change(-1)).await.status(), 422);
        let read = app.read(9).await;
        // Unless all of this took longer than 200 ms.
        if read.begin - stored.end < TTL / 2 && read.end - stored.begin < TTL {
            assert!(read.is_hit && read.price == stored.price);
            hits += 1;
        }
        // The next round begins with an item that is not stored.
        app.send(Method::PUT, "/crud/items/9", &change(price)).await;
    }
    assert!(hits > 0, "each round took longer than 200 ms");
}
