//! Cache options of routes: declaration, configuration and explanation.

mod check;
mod clients;
mod settings;

use std::time::Duration;

use http::request::Parts;
use routekit::{
    cache::{Audience, CdnTags},
    config::{Config, Origin},
    prelude::*,
    test::TestApp,
};

fn tenant(_: &Parts) -> String {
    String::new()
}

#[get("/caching/plain")]
async fn plain() {}

#[get("/caching/cached", cache(ttl = 60, tags = "users"))]
async fn cached() -> &'static str {
    "x"
}

#[get(
    "/caching/all/{id}",
    auth,
    cache(
        ttl = "5m",
        tags("users", "user:{id}"),
        vary("accept-language", "x-tenant"),
        per = "user",
        partition = tenant,
        key = tenant,
        invalidate_on("POST /caching/users", "PUT /caching/users/{id}"),
        max_body = "64KiB"
    )
)]
async fn all(id: u32) -> String {
    id.to_string()
}

#[get("/caching/explicit", auth(optional), cache(vary("accept"), shared))]
async fn explicit() {}

#[get(
    "/caching/others",
    cache(
        ttl = 60,
        stale_while_revalidate = 30,
        stale_if_error = "5m",
        client_ttl = 10,
        cdn_ttl = "1h",
        cdn_tags = "surrogate-key",
        honour_client_directives = false
    )
)]
async fn others() {}

#[get("/caching/tag", cache(cdn_tags = "CACHE-TAG", honour_client_directives = true))]
async fn tag() {}

#[post("/caching/users", invalidates("users", user, pattern = "/v2/*", pattern = "/v3/*"), auth)]
async fn add() {}

#[put("/caching/users/{id}", invalidates("user:{id}", partition = tenant))]
async fn change(id: u32) -> String {
    id.to_string()
}

fn configured(toml: &str) -> Config {
    Config::builder().toml("routekit.toml", toml).build().unwrap()
}

#[test]
fn declared_options_are_in_the_route_table() {
    let app = TestApp::new(App::with_routes(routes![all, explicit, add, change, plain]).verifier(crate::auth::Header));
    let row = |name: &str| app.table().rows().iter().find(|row| row.meta.handler() == name).unwrap();
    let caching = row("all").policies.cache.unwrap();
    assert_eq!(row("all").policies.cache.origin(), &Origin::Attribute);
    assert_eq!(caching.ttl(), Some(Duration::from_secs(300)));
    assert_eq!(caching.tags(), ["users", "user:{id}"]);
    assert_eq!(caching.vary(), ["accept-language", "x-tenant"]);
    assert_eq!(caching.audience(), Some(Audience::User));
    assert_eq!(caching.invalidate_on(), ["POST /caching/users", "PUT /caching/users/{id}"]);
    assert_eq!(caching.max_body(), Some(64 * 1024));
    assert!(caching.partition().is_some() && caching.key().is_some());

    let caching = row("explicit").policies.cache.unwrap();
    assert_eq!((caching.ttl(), caching.audience(), caching.max_body()), (None, Some(Audience::Everyone), None));

    let invalidates = row("add").policies.invalidates.unwrap();
    assert_eq!((invalidates.tags(), invalidates.patterns()), (&["users"][..], &["/v2/*", "/v3/*"][..]));
    assert!(invalidates.user() && invalidates.partition().is_none());
    let invalidates = row("change").policies.invalidates.unwrap();
    assert!(!invalidates.user() && invalidates.partition().is_some() && invalidates.patterns().is_empty());
    assert!(row("plain").policies.cache.is_none() && row("plain").policies.invalidates.is_none());
}

#[test]
fn declared_stale_and_cdn_options_are_in_the_route_table() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let caching = others::ROUTE.meta().policies().cache().unwrap();
    assert_eq!((caching.stale_while_revalidate(), caching.stale_if_error()), (seconds(30), seconds(300)));
    assert_eq!((caching.client_ttl(), caching.cdn_ttl()), (seconds(10), seconds(3600)));
    assert_eq!((caching.cdn_tags(), caching.honour_client_directives()), (Some(CdnTags::SurrogateKey), false));
    let caching = tag::ROUTE.meta().policies().cache().unwrap();
    assert_eq!((caching.cdn_tags(), caching.honour_client_directives()), (Some(CdnTags::CacheTag), true));

    let caching = cached::ROUTE.meta().policies().cache().unwrap();
    assert_eq!((caching.stale_while_revalidate(), caching.stale_if_error()), (None, None));
    assert_eq!((caching.client_ttl(), caching.cdn_ttl(), caching.cdn_tags()), (None, None, None));
    assert!(caching.honour_client_directives(), "what clients say counts unless a route says otherwise");

    for header in [CdnTags::CacheTag, CdnTags::SurrogateKey] {
        assert_eq!(header.header().as_str(), header.as_str().to_lowercase());
    }
}

#[test]
fn table_and_explanation_show_cache_options() {
    let config = configured(
        "[route.'GET /caching/cached']\ncache_ttl = '30s'\n[route.'GET /caching/explicit']\ncache_ttl = 'off'\n",
    );
    let routes = routes![cached, all, explicit, others, tag, add, change, plain];
    let app = TestApp::new(App::with_routes(routes).verifier(crate::auth::Header).config(config));
    let long = "ttl 300s, tags users user:{id}, vary accept-language x-tenant, \
                invalidate_on POST /caching/users PUT /caching/users/{id}, \
                per user, partitioned, own key, max_body 64KiB";
    let of_others = "ttl 60s, stale_while_revalidate 30s, stale_if_error 300s, client_ttl 10s, cdn_ttl 3600s, \
                 cdn_tags Surrogate-Key, honour_client_directives off";
    let added =
        "tags users, patterns /v2/* /v3/*, the user's responses, all of /caching/all/{id} in the request's partition";
    for (route, step, short) in [
        ("GET /caching/all/{id}", format!("cache = {long} (attribute)"), format!("cache = {long}")),
        (
            "GET /caching/cached",
            "cache = ttl 30s, tags users (routekit.toml)".to_owned(),
            "cache = ttl 30s, tags users (routekit.toml)".to_owned(),
        ),
        ("GET /caching/others", format!("cache = {of_others} (attribute)"), format!("cache = {of_others}")),
        (
            "GET /caching/tag",
            "cache = ttl from responses, cdn_tags Cache-Tag (attribute)".to_owned(),
            "cache = ttl from responses, cdn_tags Cache-Tag".to_owned(),
        ),
        ("GET /caching/explicit", "cache = off (routekit.toml)".to_owned(), "cache = off (routekit.toml)".to_owned()),
        ("GET /caching/plain", "cache = off (default)".to_owned(), String::new()),
        (
            "POST /caching/users",
            format!("invalidates = URLs that its response names, {added}"),
            format!("invalidates = {added}"),
        ),
        (
            "PUT /caching/users/{id}",
            "invalidates = URLs that its response names, tags user:{id}, partitioned, \
             all of /caching/all/{id} in the request's partition"
                .to_owned(),
            "invalidates = tags user:{id}, partitioned, all of /caching/all/{id} in the request's partition".to_owned(),
        ),
    ] {
        let explanation = app.table().explain(route).unwrap().to_string();
        let line = explanation.lines().find(|line| line.trim_start().starts_with("cache") && line.ends_with(&step));
        assert!(line.is_some(), "{step}\n{explanation}");
        let table = app.table().to_string();
        let (method, path) = route.split_once(' ').unwrap();
        let row = table.lines().find(|row| row.starts_with(method) && row.contains(&format!(" {path} "))).unwrap();
        assert!(row.contains(&short), "{short}\n{row}");
        assert!(!short.is_empty() || !row.contains("cache"), "{row}");
    }
}
