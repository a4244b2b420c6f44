//! Listeners of invalidations.

mod failing;
mod told;

use std::sync::{Arc, Mutex};

use http::request::Parts;
use routekit::{
    Clock, Spawner,
    cache::{Cache, CacheBuilder, Invalidation},
    prelude::*,
    test::TestApp,
};

/// Events that a listener has received, as text.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn add(&self, event: &Invalidation) {
        self.0.lock().unwrap().push(event.to_string());
    }

    /// Returns the events received so far, once every ready task has run.
    async fn take(&self) -> Vec<String> {
        settle().await;
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn spawner() -> Spawner {
    Spawner::new(|task| drop(tokio::spawn(task)))
}

fn exact() -> CacheBuilder {
    Cache::builder().ttl_jitter(0.0)
}

fn start(app: App) -> TestApp {
    TestApp::builder(app).clock(Clock::manual()).build()
}

fn tenant(request: &Parts) -> String {
    request.headers.get("x-tenant").map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

#[get("/events/{id}", cache(ttl = 600, tags = "event:{id}", invalidate_on("PATCH /events/{id}")))]
async fn event(id: u64) -> String {
    id.to_string()
}

#[post("/events/{id}")]
async fn change(id: u64) -> ([(&'static str, &'static str); 1], String) {
    ([("location", "/events/8?x")], id.to_string())
}

#[put(
    "/events/{id}",
    auth(optional),
    invalidates("event:{id}", "a b", user, pattern = "/events/{id}/*", partition = tenant)
)]
async fn change_more(id: u64) -> String {
    id.to_string()
}

#[patch("/events/{id}")]
async fn change_wanted(id: u64) -> String {
    id.to_string()
}

#[delete("/events/{id}")]
async fn refuse(id: u64) -> Result<()> {
    Err(Problem::conflict(format!("{id} is in use")))
}
