//! Statistics of a cache: for programs, for operators, and for Prometheus.

mod admin;
mod counts;
mod scraped;
mod store;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use routekit::{
    ManualClock,
    cache::{
        Cache, CacheStore, Embedded, Entry, Key, Lookup, NoStore, Stamp, StoreError, StoreFuture, StoreSize, Target,
    },
    config::Secret,
    prelude::*,
    test::{TestApp, TestRequest},
};

use crate::support::tenant;

const TOKEN: &str = "0123456789abcdef";

#[get("/stats/items/{id}", cache(ttl = 60, tags("items", "item:{id}")))]
async fn item(id: u32) -> Response {
    match id {
        8 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        9 => (NoStore, "9").into_response(),
        _ => id.to_string().into_response(),
    }
}

#[put("/stats/items/{id}", invalidates("items"))]
async fn change(id: u32) -> StatusCode {
    if id == 0 { StatusCode::CONFLICT } else { StatusCode::NO_CONTENT }
}

#[post("/stats/flush")]
async fn flush(cache: Dep<Cache>) -> Result<()> {
    cache.invalidate_tags(["items", "others"]).await.map_err(Problem::internal)
}

#[get("/stats/pages/{name}", cache(ttl = 60, tags = "pages", partition = tenant))]
async fn page(name: String) -> String {
    name
}

/// An app on a manual clock, with an operator token.
fn start(cache: routekit::cache::CacheBuilder) -> TestApp {
    let app = App::with_routes(routes![item, change, flush, page]).cache(cache);
    let app = app.configure(|config| config.set_admin_token(Some(Secret::new(TOKEN))));
    TestApp::builder(app).clock(ManualClock::new().clock()).build()
}

/// `X-Cache` of the answer.
async fn did(request: TestRequest) -> String {
    request.send().await.header("x-cache").unwrap_or("none").to_owned()
}

/// Three misses, two hits, two bypasses, and an invalidation.
async fn usual(app: &TestApp) {
    let one = || app.get("/stats/items/1");
    for (request, expected) in [
        (one(), "MISS"),
        (one(), "HIT"),
        (app.request(Method::HEAD, "/stats/items/1"), "HIT"),
        (app.get("/stats/items/2"), "MISS"),
        (app.get("/stats/items/9"), "BYPASS"),
        (one().header("if-match", "\"another\""), "BYPASS"),
        (app.put("/stats/items/1"), "none"),
        (one(), "MISS"),
    ] {
        let name = format!("{request:?}");
        assert_eq!(did(request).await, expected, "{name}");
    }
}

/// A remote store: its calls yield, its health check takes 3 ms, and it fails while it is switched off.
pub(crate) struct Elsewhere {
    inner: Embedded,
    away: Arc<AtomicBool>,
    clock: ManualClock,
}

impl Elsewhere {
    pub(crate) fn new(clock: &ManualClock) -> (Self, Arc<AtomicBool>) {
        let away = Arc::<AtomicBool>::default();
        let inner = Embedded::new(1 << 20).clock(clock.clock());
        (Self { inner, away: Arc::clone(&away), clock: clock.clone() }, away)
    }

    fn ask<'a, T: 'a>(&'a self, asked: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async {
            tokio::task::yield_now().await;
            if self.away.load(Ordering::Relaxed) { Err(StoreError::new("it is away")) } else { asked.await }
        })
    }
}

impl CacheStore for Elsewhere {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        self.ask(self.inner.lookup(key))
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.ask(self.inner.put(entry))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.ask(self.inner.is_valid(entry))
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        self.ask(self.inner.invalidate(targets))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        self.ask(self.inner.clear())
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.ask(self.inner.size())
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.clock.advance(Duration::from_millis(3));
        self.ask(self.inner.health())
    }
}
