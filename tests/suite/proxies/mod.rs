//! What a client gets through nginx and Varnish, which cache in front of an app.

mod proxy;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use http::{Request, StatusCode, header};
use routekit::{
    ManualClock,
    auth::ApiKeys,
    cache::{Cache, Invalidation},
    prelude::*,
};
use tokio::sync::OnceCell;

use self::proxy::{KINDS, Kind, Proxy};
use crate::{
    jwt::unix_time,
    process::Quickstart,
    support::SECOND,
    wire::{self, Running},
};

/// The page that handlers answer with: its number grows with each change.
#[derive(Default)]
struct Version(AtomicUsize);

impl Version {
    fn text(&self) -> String {
        format!("version {}", self.0.load(Ordering::SeqCst))
    }
}

#[get("/p/page", cache(ttl = 300, tags = "page"))]
async fn page(version: Dep<Version>) -> String {
    version.text()
}

#[get("/p/dated", cache(ttl = 300, tags = "page", client_ttl = 2))]
async fn dated(version: Dep<Version>) -> String {
    version.text()
}

#[get("/p/tagged", cache(ttl = 300, tags = "page", client_ttl = 60, cdn_tags = "Cache-Tag"))]
async fn tagged(version: Dep<Version>) -> String {
    version.text()
}

#[get("/p/members", auth, cache(ttl = 300, shared, client_ttl = 60))]
async fn members(version: Dep<Version>) -> String {
    version.text()
}

#[get("/p/me", auth, cache(ttl = 300, per = "user", client_ttl = 60))]
async fn me(caller: Identity) -> String {
    caller.sub().to_owned()
}

#[get("/p/me-not-cached", auth)]
async fn me_not_cached(caller: Identity) -> String {
    caller.sub().to_owned()
}

#[get("/p/items/{id}", cache(ttl = 300, tags = "page", client_ttl = 60))]
async fn item(id: usize, version: Dep<Version>) -> Result<String> {
    if id <= version.0.load(Ordering::SeqCst) { Ok(version.text()) } else { Err(Problem::not_found("not yet")) }
}

#[post("/p/page", invalidates("page"))]
async fn change(version: Dep<Version>) -> String {
    version.0.fetch_add(1, Ordering::SeqCst);
    version.text()
}

const KEYS: [(&str, &str); 2] = [("ann", "the key of ann, with some more"), ("bob", "the key of bob, with some more")];

fn key_of(name: &str) -> String {
    KEYS.iter().find(|(owner, _)| *owner == name).unwrap().1.replace([' ', ','], "-")
}

fn app() -> App {
    let keys = KEYS.iter().fold(ApiKeys::new(), |keys, (name, _)| keys.key(key_of(name), Identity::new(*name)));
    App::with_routes(routes![page, dated, tagged, members, me, me_not_cached, item, change])
        .verifier(keys)
        .provide(Version::default())
}

/// A request through a proxy, or to the app itself.
async fn send(running: &Running, proxy: Option<&Proxy>, request: Request<Body>) -> (StatusCode, String) {
    let addr = proxy.map_or(running.addr, |proxy| proxy.addr);
    let (parts, body) = running.at(addr).http1(request).await;
    (parts.status, body)
}

fn with_key(path: &str, name: &str) -> Request<Body> {
    let mut request = wire::get(path);
    request.headers_mut().insert("x-api-key", key_of(name).parse().unwrap());
    request
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("host", "localhost").body(body.into()).unwrap()
}

/// Runs a test with each proxy in front of an app of its own.
async fn behind_each(app: impl Fn() -> App, test: impl AsyncFn(Kind, &Running, &Proxy)) {
    for kind in KINDS {
        let running = wire::run(app()).await;
        let Some(proxy) = Proxy::start(kind, running.addr).await else { continue };
        test(kind, &running, &proxy).await;
    }
}

#[tokio::test]
async fn upload_to_an_unknown_path_gets_its_404_and_the_upstream_stays_up() {
    behind_each(app, async |kind, running, proxy| {
        for _ in 0..6 {
            let (status, _) = send(running, Some(proxy), post("/p/unknown", vec![b'x'; 900_000])).await;
            assert_eq!(status, 404, "{kind}");
        }
        let (status, _) = send(running, Some(proxy), wire::get("/p/page")).await;
        assert_eq!(status, 200, "{kind}");
    })
    .await;
}

#[tokio::test]
async fn page_for_identified_clients_is_not_given_to_others() {
    behind_each(app, async |kind, running, proxy| {
        for path in ["/p/members", "/p/me", "/p/me-not-cached"] {
            assert_eq!(send(running, Some(proxy), with_key(path, "ann")).await.0, 200, "{kind} {path}");
            assert_eq!(send(running, Some(proxy), wire::get(path)).await.0, 401, "{kind} {path}");
        }
        for path in ["/p/me", "/p/me-not-cached"] {
            assert_eq!(send(running, Some(proxy), with_key(path, "bob")).await.1, "bob", "{kind} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn change_is_seen_at_once_where_clients_must_revalidate() {
    behind_each(app, async |kind, running, proxy| {
        for change in 1..5 {
            send(running, Some(proxy), wire::get("/p/page")).await;
            send(running, None, post("/p/page", "")).await;
            let page = send(running, Some(proxy), wire::get("/p/page")).await.1;
            assert_eq!(page, format!("version {change}"), "{kind}");
        }
    })
    .await;
}

/// A change within the second: only `Last-Modified` may confirm a page, not `Date`.
///
/// Without Varnish, which compares the time of its own fetch where a response has no `Last-Modified`.
#[tokio::test]
async fn date_does_not_confirm_a_page_that_changed_within_the_second() {
    let running = wire::run(app()).await;
    let Some(proxy) = Proxy::start(Kind::Nginx, running.addr).await else { return };
    let (parts, _) = running.at(proxy.addr).http1(wire::get("/p/page")).await;
    send(&running, None, post("/p/page", "")).await;
    let mut request = wire::get("/p/page");
    request.headers_mut().insert(header::IF_MODIFIED_SINCE, parts.headers[header::DATE].clone());
    let (status, page) = send(&running, Some(&proxy), request).await;
    assert_eq!((status.as_u16(), page.as_str()), (200, "version 1"));
}

/// nginx ignores `Age`, so the lifetime that it is told must not count from the time when the handler ran.
#[tokio::test]
async fn old_hit_is_kept_no_longer_than_client_ttl() {
    for kind in KINDS {
        let clock = ManualClock::new();
        clock.set_unix_time(Duration::from_secs(unix_time()));
        let cache = Cache::builder().clock(clock.clock());
        let running = wire::run(app().cache(cache)).await;
        let Some(proxy) = Proxy::start(kind, running.addr).await else { continue };
        send(&running, None, wire::get("/p/dated")).await;
        clock.advance(Duration::from_secs(20));
        assert_eq!(send(&running, Some(&proxy), wire::get("/p/dated")).await.1, "version 0", "{kind}");
        send(&running, None, post("/p/page", "")).await;
        // The proxies' clocks cannot be moved.
        tokio::time::sleep(SECOND * 3).await;
        assert_eq!(send(&running, Some(&proxy), wire::get("/p/dated")).await.1, "version 1", "{kind}");
    }
}

#[tokio::test]
async fn item_that_did_not_exist_is_found_once_it_does() {
    behind_each(app, async |kind, running, proxy| {
        assert_eq!(send(running, Some(proxy), wire::get("/p/items/1")).await.0, 404, "{kind}");
        send(running, None, post("/p/page", "")).await;
        assert_eq!(send(running, Some(proxy), wire::get("/p/items/1")).await.0, 200, "{kind}");
    })
    .await;
}

/// The listener sends the purge through the proxy that the test starts once it knows the app's address.
#[tokio::test]
async fn awaited_purge_has_reached_the_proxy_when_the_change_is_answered() {
    let edge = Arc::new(OnceCell::<std::net::SocketAddr>::new());
    let known = Arc::clone(&edge);
    let app = app().on_invalidate_wait(SECOND * 10, async move |event: Invalidation| {
        for tag in event.edge_tags() {
            let purge = Request::builder().method("BAN").uri("/").header("host", "localhost").header("x-tag", tag);
            wire::http1(*known.get().unwrap(), purge.body(Body::empty()).unwrap()).await;
        }
    });
    let running = wire::run(app).await;
    let Some(proxy) = Proxy::start(Kind::Varnish, running.addr).await else { return };
    edge.set(proxy.addr).unwrap();
    for change in 1..5 {
        send(&running, Some(&proxy), wire::get("/p/tagged")).await;
        send(&running, Some(&proxy), post("/p/page", "")).await;
        let page = send(&running, Some(&proxy), wire::get("/p/tagged")).await.1;
        assert_eq!(page, format!("version {change}"));
    }
}

#[tokio::test]
async fn quickstart_behind_a_proxy_shows_each_change_at_once() {
    for kind in KINDS {
        let quickstart = Quickstart::start();
        let Some(proxy) = Proxy::start(kind, quickstart.addr.parse().unwrap()).await else { continue };
        let ask = async |method: &str, path: &str, json: &str| {
            let request = Request::builder().method(method).uri(path).header("host", "localhost");
            let request = request.header("content-type", "application/json").body(Body::from(json.to_owned())).unwrap();
            let (parts, body) = wire::http1(proxy.addr, request).await;
            (parts.status.as_u16(), body)
        };
        assert!(ask("GET", "/v2/users", "").await.1.contains(r#""total":0"#), "{kind}");
        let (status, created) = ask("POST", "/v2/users", r#"{"name":"Ann","email":"ann@example.com"}"#).await;
        assert_eq!(status, 201, "{kind}");
        assert!(ask("GET", "/v2/users", "").await.1.contains(r#""total":1"#), "{kind}");
        let id = created.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let user = format!("/v2/users/{id}");
        assert!(ask("GET", &user, "").await.1.contains(r#""name":"Ann""#), "{kind}");
        assert_eq!(ask("PUT", &user, r#"{"name":"Anna"}"#).await.0, 200, "{kind}");
        assert!(ask("GET", &user, "").await.1.contains(r#""name":"Anna""#), "{kind}");
        assert_eq!(ask("DELETE", &user, "").await.0, 204, "{kind}");
        assert_eq!(ask("GET", &user, "").await.0, 404, "{kind}");
    }
}
