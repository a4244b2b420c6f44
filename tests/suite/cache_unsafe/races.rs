//! Fills that run during a change.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use routekit::{ManualClock, cache::Cache, prelude::*, test::TestApp};
use tokio::sync::Semaphore;

use super::did;

/// The value to read, and the permits that let readers go on.
struct World {
    value: AtomicUsize,
    gate: Semaphore,
}

#[get("/unsafe/world", cache(ttl = 600))]
async fn read(world: Dep<World>) -> String {
    let value = world.value.load(Ordering::SeqCst);
    world.gate.acquire().await.unwrap().forget();
    value.to_string()
}

#[post("/unsafe/world")]
async fn write(world: Dep<World>) {
    world.value.fetch_add(1, Ordering::SeqCst);
}

#[tokio::test(start_paused = true)]
async fn fill_from_before_a_change_is_not_served_after_it() {
    let world = Arc::new(World { value: AtomicUsize::new(0), gate: Semaphore::new(0) });
    let cache = Cache::builder().ttl_jitter(0.0);
    let app = App::with_routes(routes![read, write]).cache(cache).provide_shared(Arc::clone(&world));
    let app = Arc::new(TestApp::builder(app).clock(ManualClock::new().clock()).build());
    let filling = {
        let app = Arc::clone(&app);
        tokio::spawn(async move { app.get("/unsafe/world").send().await.text().to_owned() })
    };
    // It has read the value, and is about to store it.
    crate::support::idle().await;
    assert_eq!(app.post("/unsafe/world").send().await.status(), 200);
    world.gate.add_permits(2);
    assert_eq!(filling.await.unwrap(), "0", "it began before the change");
    let after = app.get("/unsafe/world").send().await;
    assert_eq!((after.header("x-cache"), after.text()), (Some("MISS"), "1"));
    assert_eq!(did(&app, "/unsafe/world").await, "HIT");
}
