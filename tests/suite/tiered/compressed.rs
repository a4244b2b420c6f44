//! Compressed entries (`compress_stored`) in memory and in Redis behind it.

use routekit::{cache::TieredStore, prelude::*, test::TestApp};

use super::{tiered, within};
use crate::{
    compress_stored::{body, text},
    support::{RedisServer, Runs, exact},
};

#[get("/tiered/packed", cache(ttl = 3600, compress_stored))]
async fn packed(runs: Dep<Runs>) -> String {
    text(runs.next())
}

fn start(server: &RedisServer) -> (TestApp, TieredStore, Runs) {
    let (store, runs) = (tiered(&server.url()).build(), Runs::default());
    let app = App::with_routes(routes![packed]).cache(exact().store(store.clone())).provide(runs.clone());
    (TestApp::new(app), store, runs)
}

async fn said(app: &TestApp, accept: &str) -> (bool, String, bool) {
    let answer = app.get("/tiered/packed").header("accept-encoding", accept).send().await;
    let (text, is_compressed) = body(&answer);
    (answer.header("x-cache") == Some("HIT"), text, is_compressed)
}

#[tokio::test]
async fn memory_and_redis_keep_the_compressed_form() {
    let Some(mut server) = RedisServer::start("tiered-packed", &[]) else { return };
    let (one, store, runs) = start(&server);
    within("a hit", async || said(&one, "identity").await.0).await;
    within("the feed", async || {
        said(&one, "gzip").await;
        store.is_live()
    })
    .await;
    let made = text(runs.count());
    // From Redis, and then from memory.
    let (two, store, others) = start(&server);
    within("the entry in Redis", async || said(&two, "gzip").await.0).await;
    within("the feed", async || {
        said(&two, "gzip").await;
        store.is_live()
    })
    .await;
    let found = said(&two, "gzip").await.1;
    assert!(found == made || others.count() > 0, "one of both processes has made it");
    for (accept, is_compressed) in [("gzip", true), ("identity", false), ("gzip", true)] {
        assert_eq!(said(&two, accept).await, (true, found.clone(), is_compressed), "{accept}");
    }
    server.kill();
    for (accept, is_compressed) in [("gzip", true), ("identity", false)] {
        assert_eq!(said(&two, accept).await, (true, found.clone(), is_compressed), "from memory: {accept}");
    }
}
