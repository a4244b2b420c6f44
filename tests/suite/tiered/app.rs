//! The store that `redis.url` gives an app: its settings, its statistics and its metrics.

use std::sync::Arc;

use http::StatusCode;
use routekit::{config::Config, prelude::*, test::TestApp};

use super::{World, change, item, strict, within};
use crate::support::RedisServer;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn app(server: &RedisServer, settings: &str) -> (TestApp, Arc<World>) {
    let url = server.url();
    let toml =
        format!("admin_token = '{TOKEN}'\n[redis]\nurl = '{url}'\nprefix = 'shop'\nbudget = '250ms'\n{settings}");
    let config = Config::builder().toml("routekit.toml", toml).build().unwrap();
    let world = Arc::<World>::default();
    let app = App::with_routes(routes![item, strict, change]).config(config).provide_shared(Arc::clone(&world));
    (TestApp::new(app), world)
}

async fn x_cache(app: &TestApp, path: &str) -> String {
    app.get(path).send().await.header("x-cache").unwrap().to_owned()
}

#[tokio::test]
async fn statistics_and_metrics_show_both_tiers() {
    let Some(server) = RedisServer::start("tiered-app", &[]) else { return };
    let (app, _) = app(&server, "");
    within("a hit", async || x_cache(&app, "/tiered/item/1").await == "HIT").await;
    let stats = async || app.admin().get("/cache/stats").send().await.json::<serde_json::Value>();
    within("the feed", async || {
        x_cache(&app, "/tiered/item/1").await;
        stats().await["memory"]["live"] == true
    })
    .await;
    let shown = stats().await;
    assert_eq!((&shown["memory"]["entries"], &shown["memory"]["lostWrites"]), (&1.into(), &0.into()), "{shown}");
    assert_eq!(shown["provider"]["status"], "healthy");
    assert!(shown["entries"].as_u64().unwrap() >= 1, "the entry and the state: {shown}");
    let metrics = app.admin().get("/metrics").send().await.text().to_owned();
    for line in
        ["routekit_cache_memory_live 1", "routekit_cache_memory_entries 1", "routekit_cache_lost_writes_total 0"]
    {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn entries_are_deleted_in_all_processes() {
    let Some(server) = RedisServer::start("tiered-admin", &[]) else { return };
    let ((one, _), (two, _)) = (app(&server, ""), app(&server, ""));
    for path in ["/cache/tag/item:1", "/cache", "/cache/%2Ftiered%2F*"] {
        for app in [&one, &two] {
            within("a hit", async || x_cache(app, "/tiered/item/1").await == "HIT").await;
        }
        let request = one.admin().delete(path).header("authorization", &format!("Bearer {TOKEN}"));
        let deleted = request.send().await;
        assert_eq!(deleted.status(), StatusCode::OK, "{path}: {}", deleted.text());
        within("a miss", async || x_cache(&two, "/tiered/item/1").await != "HIT").await;
    }
}

#[tokio::test]
async fn settings_decide_about_consistency_and_fallback() {
    let Some(mut server) = RedisServer::start("tiered-settings", &[]) else { return };
    let (strictly, _) = app(&server, "consistency = 'strict'\nfallback = 'none'");
    let (bounded, _) = app(&server, "lease = '10s'");
    for app in [&strictly, &bounded] {
        within("a hit", async || x_cache(app, "/tiered/item/1").await == "HIT").await;
    }
    server.kill();
    within("the outage", async || x_cache(&strictly, "/tiered/item/1").await == "BYPASS").await;
    assert_eq!(x_cache(&bounded, "/tiered/item/1").await, "HIT");
    assert_eq!(bounded.post("/tiered/item/1").send().await.status(), StatusCode::OK);
    assert_eq!(x_cache(&bounded, "/tiered/item/1").await, "MISS");
    assert_eq!(x_cache(&bounded, "/tiered/strict/1").await, "BYPASS");
}

#[test]
fn explanation_shows_the_consistency_of_a_route() {
    let app = TestApp::new(App::with_routes(routes![strict]).provide(World::default()));
    let shown = app.table().explain("GET /tiered/strict/{item}").unwrap().to_string();
    assert!(shown.contains("consistency strict"), "{shown}");
}
