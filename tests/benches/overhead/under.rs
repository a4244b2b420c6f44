//! The same handlers under the whole stack.

use axum::{
    Json,
    body::Bytes,
    extract::{Query, Request},
    response::Response,
};
use routekit::{App, config::Config, get, post, routes};
use tower::Service;

use super::payloads::{Filter, HELLO, NewUser, Page};

#[get("/bytes", timeout = "5s", body_limit = "64KiB")]
async fn bytes() -> Bytes {
    HELLO
}

#[get("/query", timeout = "5s", body_limit = "64KiB")]
async fn query(filter: Query<Filter>) -> Bytes {
    assert!(filter.page < filter.limit && filter.search.is_some());
    HELLO
}

#[post("/json", timeout = "5s", body_limit = "64KiB")]
async fn json(user: Json<NewUser>) -> Bytes {
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    HELLO
}

#[post("/change", timeout = "5s", body_limit = "64KiB", invalidates("users"))]
async fn change(user: Json<NewUser>) -> Bytes {
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    HELLO
}

#[get("/hit", timeout = "5s", body_limit = "64KiB", cache(ttl = 3600, tags = "hit"))]
async fn hit() -> Bytes {
    HELLO
}

#[get("/limited", timeout = "5s", body_limit = "64KiB", rate_limit("1000000000/s"))]
async fn limited() -> Bytes {
    HELLO
}

#[get("/users", timeout = "5s", body_limit = "64KiB", cache(ttl = 3600, tags = "users"))]
async fn users() -> Json<Page> {
    Json(Page::of_twenty())
}

/// The defaults. With `WITHOUT_EDGE` in the environment, without the rate limit, the security headers and checks of
/// browsers' requests, so that the difference is their cost.
fn config() -> Config {
    let mut config = Config::default();
    if std::env::var_os("WITHOUT_EDGE").is_some() {
        let off = "[route.\"GET /limited\"]\nrate_limit = 'off'";
        config = Config::builder().toml("bench.toml", off).build().unwrap();
        config.set_security_headers_nosniff(false);
        config.set_security_headers_content_security_policy(None);
        config.set_security_headers_page_content_security_policy(None);
        config.set_security_headers_referrer_policy(None);
        config.set_csrf_enabled(false);
        config.set_decompression_enabled(false);
    }
    config
}

/// Calls the service as `App::serve` does: a clone for each request, which is always ready.
pub(crate) fn routekit() -> impl AsyncFn(Request) -> Response {
    let routes = routes![bytes, query, json, change, hit, limited, users];
    let app = App::with_routes(routes).config(config()).into_service().unwrap();
    async move |request| match app.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
