//! Invalidations by another process count, however little time a request has left to ask for them.

use std::time::Duration;

use routekit::cache::{RedisStore, TieredStore};

use super::{BUDGET, Process};
use crate::{
    redis::within,
    support::{RedisServer, TcpProxy, x_cache_of},
};

/// A process that may not subscribe does not learn of invalidations, and so asks Redis for each hit.
#[tokio::test]
async fn memory_that_may_have_missed_an_invalidation_does_not_answer_for_a_late_redis() {
    let Some(server) = RedisServer::start("budget-deaf", &[]) else { return };
    let rules = ["ACL", "SETUSER", "deaf", "on", ">secret", "~*", "+@all", "resetchannels"];
    server.run::<()>(&rules);
    let proxy = TcpProxy::start(server.addr()).await;
    let store = RedisStore::builder(proxy.url()).username("deaf").password("secret").budget(BUDGET).build().unwrap();
    let store = TieredStore::new(store);
    let process = Process::new(store.clone(), &Default::default());
    let other = Process::tiered(&server.url());
    within("a hit", async || x_cache_of(&process.app, "/budget/noted/1").await == "HIT").await;
    let before = process.app.get("/budget/noted/1").send().await.text().to_owned();
    assert!(!store.is_live());
    proxy.delay(BUDGET * 6 / 10);
    other.cache.invalidate_tags(["noted"]).await.unwrap();
    let after = process.app.get("/budget/noted/1").send().await;
    proxy.delay(Duration::ZERO);
    assert!(!store.is_live());
    assert_ne!(after.text(), before, "it is older than the invalidation: {:?}", after.header("x-cache"));
}
