//! Pages of other origins in a real browser: what they can do to an app whose users have cookies.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    extract::ws::{Message, WebSocketUpgrade},
    response::{Html, Response},
};
use http::{HeaderName, header, request::Parts};
use routekit::{edge::CorsPolicy, prelude::*};
use serde_json::json;

use crate::{
    live_page::browser::Browser,
    wire::{self, Running},
};

/// How often the handler ran that changes something.
#[derive(Default)]
struct Transfers(AtomicUsize);

#[post("/browser/transfer", auth)]
async fn transfer(transfers: Dep<Transfers>) -> &'static str {
    transfers.0.fetch_add(1, Ordering::SeqCst);
    "transferred"
}

#[get("/browser/secret", auth)]
async fn secret() -> &'static str {
    "the secret"
}

#[get("/browser/socket", auth)]
async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        let _ = socket.send(Message::Text("the secret".into())).await;
    })
}

#[get("/browser/login")]
async fn login() -> ([(HeaderName, &'static str); 1], Html<&'static str>) {
    // A browser counts `localhost` as secure. `None` is what lets the cookie go to other sites at all.
    let cookie = "session=ann; Path=/; HttpOnly; Secure; SameSite=None";
    ([(header::SET_COOKIE, cookie)], Html("<!doctype html><title>Shop</title>"))
}

#[get("/browser/page")]
async fn page() -> ([(HeaderName, &'static str); 1], Html<&'static str>) {
    let policy = "default-src 'none'; connect-src *; form-action *";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html("<!doctype html><title>Page</title>"))
}

/// A page at this origin, on a server of its own.
async fn other() -> Running {
    wire::run(App::with_routes(routes![page])).await
}

struct Shop {
    app: Running,
    transfers: Arc<Transfers>,
    /// How many requests came with the cookie.
    with_cookie: Arc<AtomicUsize>,
}

async fn shop(allowed: &str) -> Shop {
    let (transfers, with_cookie) = (Arc::<Transfers>::default(), Arc::<AtomicUsize>::default());
    let count = Arc::clone(&with_cookie);
    let identify = move |request: &Parts| {
        let cookie = request.headers.get(header::COOKIE).is_some_and(|cookie| cookie == "session=ann");
        count.fetch_add(usize::from(cookie), Ordering::SeqCst);
        async move { cookie.then(|| Identity::new("ann")) }
    };
    let app = App::with_routes(routes![transfer, secret, socket, login])
        .identify(identify)
        .provide_shared(Arc::clone(&transfers))
        .cors(CorsPolicy::origins([allowed]).credentials());
    Shop { app: wire::run(app).await, transfers, with_cookie }
}

impl Shop {
    fn url(&self, path: &str) -> String {
        format!("localhost:{}{path}", self.app.addr.port())
    }

    fn counts(&self) -> (usize, usize) {
        (self.transfers.0.load(Ordering::SeqCst), self.with_cookie.load(Ordering::SeqCst))
    }

    /// What the page in the browser gets from a request with cookies: its body, or `blocked`.
    async fn fetch(&self, browser: &mut Browser, method: &str, path: &str, mode: &str) -> String {
        let url = self.url(path);
        let script = format!(
            "fetch('http://{url}', {{ method: '{method}', credentials: 'include', mode: '{mode}' }})\
             .then((response) => response.type === 'opaque' ? 'opaque' : response.text(), () => 'blocked')"
        );
        browser.value(&script).await.as_str().unwrap().to_owned()
    }

    /// The first message of a WebSocket that the page in the browser opens, or `refused`.
    async fn websocket(&self, browser: &mut Browser) -> String {
        let script = format!(
            "new Promise((done) => {{ const socket = new WebSocket('ws://{}'); \
             socket.onmessage = (event) => done(event.data); socket.onerror = () => done('refused'); }})",
            self.url("/browser/socket")
        );
        browser.value(&script).await.as_str().unwrap().to_owned()
    }
}

async fn open(browser: &mut Browser, url: &str) {
    browser.call("Page.navigate", json!({ "url": url })).await;
    browser.until(&format!("location.href === '{url}' && document.readyState === 'complete'")).await;
}

#[tokio::test]
async fn page_of_another_origin_can_do_nothing_with_cookies_and_one_of_an_allowed_origin_can() {
    let (evil, allowed) = (other().await, other().await);
    let origin = |app: &Running, host: &str| format!("http://{host}:{}", app.addr.port());
    let shop = shop(&origin(&allowed, "localhost")).await;
    let Some(mut browser) = Browser::start("edge-browser").await else { return };

    open(&mut browser, &format!("http://{}", shop.url("/browser/login"))).await;
    assert_eq!(shop.fetch(&mut browser, "POST", "/browser/transfer", "cors").await, "transferred");
    assert_eq!(shop.websocket(&mut browser).await, "the secret");
    assert_eq!(shop.counts(), (1, 2), "its own page, with the cookie");

    // Another site, and another origin of the same site, to which a browser sends cookies even more freely.
    for host in ["127.0.0.1", "localhost"] {
        open(&mut browser, &format!("{}/browser/page", origin(&evil, host))).await;
        let (_, before) = shop.counts();
        assert_eq!(shop.fetch(&mut browser, "POST", "/browser/transfer", "no-cors").await, "opaque", "{host}");
        assert_eq!(shop.fetch(&mut browser, "POST", "/browser/transfer", "cors").await, "blocked", "{host}");
        assert_eq!(shop.fetch(&mut browser, "PUT", "/browser/transfer", "cors").await, "blocked", "{host}");
        assert_eq!(shop.fetch(&mut browser, "GET", "/browser/secret", "cors").await, "blocked", "{host}");
        assert_eq!(shop.websocket(&mut browser).await, "refused", "{host}");
        let (transfers, with_cookie) = shop.counts();
        assert_eq!(transfers, 1, "{host}: the handler did not run");
        assert!(with_cookie >= before + 4, "{host}: the browser sent the cookie each time");
    }

    open(&mut browser, &format!("{}/browser/page", origin(&allowed, "localhost"))).await;
    assert_eq!(shop.fetch(&mut browser, "POST", "/browser/transfer", "cors").await, "transferred");
    assert_eq!(shop.fetch(&mut browser, "GET", "/browser/secret", "cors").await, "the secret");
    assert_eq!(shop.websocket(&mut browser).await, "the secret");
    assert_eq!(shop.counts().0, 2);
}
