//! Caches, partitions and `X-Cache`.

use http::request::Parts;
use routekit::{
    cache::{Cache, CacheBuilder},
    test::TestApp,
};

/// A cache builder that does not vary lifetimes.
pub(crate) fn exact() -> CacheBuilder {
    Cache::builder().ttl_jitter(0.0)
}

/// A partition: the tenant that `x-tenant` names, or the empty one.
pub(crate) fn tenant(request: &Parts) -> String {
    request.headers.get("x-tenant").map_or_else(String::new, |tenant| tenant.to_str().unwrap().to_owned())
}

/// `X-Cache` of the answer to a GET, or `none`.
pub(crate) async fn x_cache_of(app: &TestApp, path: &str) -> String {
    app.get(path).send().await.header("x-cache").unwrap_or("none").to_owned()
}
