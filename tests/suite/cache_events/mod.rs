//! Listeners of invalidations.

mod failing;
mod told;

use std::sync::{Arc, Mutex};

use routekit::{ManualClock, cache::Invalidation, prelude::*, test::TestApp};

use crate::support::{exact, idle, tenant};

/// Events that a listener has received, as text.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn add(&self, event: &Invalidation) {
        self.0.lock().unwrap().push(event.to_string());
    }

    /// Returns the events received so far, once every ready task has run.
    async fn take(&self) -> Vec<String> {
        idle().await;
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn start(app: App) -> TestApp {
    TestApp::builder(app).clock(ManualClock::new().clock()).build()
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
