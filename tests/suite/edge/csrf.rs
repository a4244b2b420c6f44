//! Requests of other sites with the user's cookies.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, routing};
use http::request::Parts;
use routekit::{
    ManualClock,
    auth::ApiKeys,
    config::AdminAddr,
    edge::{CorsPolicy, CsrfLayer},
    observe::{Event, Observer},
    prelude::*,
    test::TestApp,
};

use tower::ServiceExt;

use super::config;
use crate::logs;

const KEY: &str = "3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4";
const OWN: &[(&str, &str)] = &[("host", "shop.example"), ("cookie", "session=ann"), ("origin", "http://shop.example")];
const EVIL: &[(&str, &str)] =
    &[("host", "shop.example"), ("cookie", "session=ann"), ("origin", "https://evil.example")];
const CROSS_SITE: &[(&str, &str)] =
    &[("host", "shop.example"), ("cookie", "session=ann"), ("sec-fetch-site", "cross-site")];
const SAME_SITE: &[(&str, &str)] =
    &[("host", "shop.example"), ("cookie", "session=ann"), ("sec-fetch-site", "same-site")];

#[post("/csrf/transfer", auth)]
async fn transfer() {}

#[get("/csrf/account", auth)]
async fn account() {}

#[post("/csrf/optional", auth(optional))]
async fn optional() {}

#[post("/csrf/public")]
async fn public() {}

/// Recognises the session of a cookie.
async fn session(request: &Parts) -> Option<Identity> {
    let cookie = request.headers.get("cookie")?.to_str().ok()?;
    cookie.contains("session=ann").then(|| Identity::new("ann").with_roles(["operator"]))
}

fn app() -> App {
    App::with_routes(routes![transfer, account, optional, public]).identify(session)
}

async fn status(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
    app.call(request.body(Body::empty()).unwrap()).await.status().as_u16()
}

#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Event>>>);

impl Observer for Events {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

#[tokio::test]
async fn request_of_another_site_is_refused_if_its_identity_came_from_a_cookie() {
    let events = Events::default();
    let app = TestApp::new(app().observer(events.clone()));
    for headers in [EVIL, CROSS_SITE, SAME_SITE] {
        assert_eq!(status(&app, "POST", "/csrf/transfer", headers).await, 403, "{headers:?}");
        assert_eq!(status(&app, "POST", "/csrf/optional", headers).await, 403, "{headers:?}");
        assert_eq!(status(&app, "GET", "/csrf/account", headers).await, 200, "a link: {headers:?}");
        assert_eq!(status(&app, "POST", "/csrf/public", headers).await, 200, "no identity: {headers:?}");
        let upgrade = [headers, &[("upgrade", "websocket")]].concat();
        assert_eq!(status(&app, "GET", "/csrf/account", &upgrade).await, 403, "a WebSocket: {headers:?}");
    }
    assert_eq!(*events.0.lock().unwrap(), [Event::CrossSite; 9]);
    assert_eq!(status(&app, "POST", "/csrf/transfer", OWN).await, 200);
    assert_eq!(status(&app, "POST", "/csrf/transfer", &OWN[..2]).await, 200, "no browser");
    assert_eq!(status(&app, "POST", "/csrf/transfer", &EVIL[..1]).await, 401);
    let refused = app.metrics();
    let line =
        r#"routekit_policy_answers_total{http_request_method="POST",http_route="/csrf/transfer",policy="csrf"} 3"#;
    assert!(refused.contains(line), "{refused}");
}

#[test]
fn refusals_are_warned_of_at_most_every_ten_seconds_and_without_secrets() {
    let clock = ManualClock::new();
    let app = TestApp::builder(app()).clock(clock.clock()).build();
    let refused = async |path: &str| {
        let long = format!("https://evil.example/{}", "x".repeat(1000));
        let headers = [("cookie", "session=ann"), ("origin", &long), ("sec-fetch-site", "cross-site")];
        assert_eq!(status(&app, "POST", path, &headers).await, 403);
    };
    let (_, lines) = logs::caught(async {
        refused("/csrf/transfer?token=hunter2").await;
        refused("/csrf/transfer").await;
        refused("/csrf/optional").await;
        clock.advance(Duration::from_secs(10));
        refused("/csrf/optional").await;
    });
    let lines: Vec<_> =
        lines.iter().filter(|line| line.of == "routekit::csrf").map(|line| line.fields.join(" ")).collect();
    let warnings: Vec<_> = lines.iter().filter(|line| line.contains("count=")).collect();
    let [first, second] = warnings.as_slice() else { panic!("{lines:?}") };
    for part in ["count=1", "method=\"POST\"", "route=\"/csrf/transfer\"", "https://evil.example", "cross-site"] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(second.contains("count=3") && second.contains("/csrf/optional"), "{second}");
    assert_eq!(lines.len(), 4, "each of the others at level debug: {lines:?}");
    let has_secret = |line: &String| line.contains("hunter2") || line.contains("session=ann") || line.len() > 500;
    assert!(!lines.iter().any(has_secret), "{lines:?}");
}

#[test]
fn layer_warns_once_for_all_routes_of_its_router() {
    let routes = Router::new().route("/a", routing::post(async || ())).route("/b", routing::post(async || ()));
    let router = routes.layer(CsrfLayer::new());
    let (_, lines) = logs::caught(async {
        for path in ["/a", "/b"] {
            let request = CROSS_SITE
                .iter()
                .fold(Request::post(path), |request, (name, value)| request.header(*name, *value))
                .extension(Identity::new("ann"));
            let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), 403);
        }
    });
    let warnings = lines.iter().filter(|line| line.of == "routekit::csrf" && line.fields.join(" ").contains("count="));
    assert_eq!(warnings.count(), 1, "{lines:?}");
}

#[tokio::test]
async fn refusal_is_a_problem() {
    let app = TestApp::new(app());
    let response = EVIL.iter().fold(app.post("/csrf/transfer"), |request, (name, value)| request.header(name, value));
    let response = response.send().await;
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    assert!(response.text().contains("pages of other sites may not send this request"), "{}", response.text());
}

#[tokio::test]
async fn identity_from_a_header_needs_no_check() {
    let keys = ApiKeys::new().key(KEY, Identity::new("robot"));
    let app = TestApp::new(App::with_routes(routes![transfer]).verifier(keys).identify(session));
    let with_key = [EVIL, &[("x-api-key", KEY)]].concat();
    assert_eq!(status(&app, "POST", "/csrf/transfer", &with_key).await, 200);
    assert_eq!(status(&app, "POST", "/csrf/transfer", EVIL).await, 403, "the other verifier reads the cookie");
}

#[tokio::test]
async fn trusted_origin_passes() {
    let file = "[csrf]\norigins = ['https://evil.example']";
    let with = |file: &str| TestApp::new(app().config(config(file)));
    assert_eq!(status(&with(file), "POST", "/csrf/transfer", EVIL).await, 200);
    assert_eq!(status(&with(file), "POST", "/csrf/transfer", CROSS_SITE).await, 403);
    let off = "[csrf]\nenabled = 'off'";
    assert_eq!(status(&with(off), "POST", "/csrf/transfer", EVIL).await, 200);
    let same_site = "[csrf]\nallow_same_site = 'on'";
    assert_eq!(status(&with(same_site), "POST", "/csrf/transfer", SAME_SITE).await, 200);
    assert_eq!(status(&with(same_site), "POST", "/csrf/transfer", CROSS_SITE).await, 403);

    let cors = |policy: CorsPolicy| TestApp::new(app().cors(policy));
    let with_credentials = cors(CorsPolicy::origins(["https://evil.example"]).credentials());
    assert_eq!(status(&with_credentials, "POST", "/csrf/transfer", EVIL).await, 200);
    let without = cors(CorsPolicy::origins(["https://evil.example"]));
    assert_eq!(status(&without, "POST", "/csrf/transfer", EVIL).await, 403, "it may not send cookies");
    assert_eq!(status(&cors(CorsPolicy::any_origin()), "POST", "/csrf/transfer", EVIL).await, 403);
}

#[tokio::test]
async fn hand_written_route_is_protected() {
    let other = Router::new().route("/csrf/other", routing::post(async || ()));
    let app = TestApp::new(app().require_auth().merge(other));
    assert_eq!(status(&app, "POST", "/csrf/other", OWN).await, 200);
    assert_eq!(status(&app, "POST", "/csrf/other", EVIL).await, 403);
}

/// The layer is inside the check, which cannot see its identity.
#[tokio::test]
async fn router_with_its_own_session_layer_is_protected() {
    let layer = axum::middleware::from_fn(async |mut request: Request, next: axum::middleware::Next| {
        request.extensions_mut().insert(Identity::new("ann"));
        next.run(request).await
    });
    let router = Router::new().route("/csrf/other", routing::post(async || ()).get(async || ())).layer(layer);
    let apps = [
        App::with_routes(routes![public]).merge(router.clone()),
        App::with_routes(routes![public]).merge_public(router.clone()),
        App::with_routes(routes![public]).nest_public("/in", router),
    ];
    for (app, path) in apps.into_iter().zip(["/csrf/other", "/csrf/other", "/in/csrf/other"]) {
        let app = TestApp::new(app);
        for headers in [EVIL, CROSS_SITE, SAME_SITE] {
            assert_eq!(status(&app, "POST", path, headers).await, 403, "{headers:?}");
            let upgrade = [headers, &[("upgrade", "websocket")]].concat();
            assert_eq!(status(&app, "GET", path, &upgrade).await, 403, "a WebSocket: {headers:?}");
            assert_eq!(status(&app, "GET", path, headers).await, 200, "a link: {headers:?}");
        }
        assert_eq!(status(&app, "POST", path, OWN).await, 200);
        assert_eq!(status(&app, "POST", path, &OWN[..2]).await, 200, "no browser");
        let without_cookie = [EVIL[0], EVIL[2]];
        assert_eq!(status(&app, "POST", path, &without_cookie).await, 200, "no cookie");
        assert_eq!(status(&app, "POST", "/csrf/public", EVIL).await, 200, "a declared callback stays open");
    }
}

/// A session layer, as tower-sessions is, with an identity in the request on a public route.
#[tokio::test]
async fn identity_of_a_layer_is_protected_on_a_public_route() {
    let layer = axum::middleware::from_fn(async |mut request: Request, next: axum::middleware::Next| {
        request.extensions_mut().insert(Identity::new("ann"));
        next.run(request).await
    });
    let app = TestApp::new(App::with_routes(routes![public]).layer(layer));
    assert_eq!(status(&app, "POST", "/csrf/public", OWN).await, 200);
    assert_eq!(status(&app, "POST", "/csrf/public", EVIL).await, 403);
}

#[tokio::test]
async fn operator_with_a_cookie_is_protected_on_the_admin_surface() {
    let app = TestApp::new(app().configure(|config| {
        config.set_admin_addr(AdminAddr::Main);
        config.set_admin_role(Some("operator".to_owned()));
    }));
    assert_eq!(status(&app, "DELETE", "/cache", OWN).await, 200);
    assert_eq!(status(&app, "DELETE", "/cache", EVIL).await, 403);
}

#[test]
fn trusted_origin_of_no_page_is_a_problem_with_key_and_source() {
    for (value, reason) in
        [("null", "sandboxed"), ("evil.example", "no scheme"), ("https://a.example/x", "without a path"), ("*", "`*`")]
    {
        let file = config(&format!("[csrf]\norigins = '{value}'"));
        let error = app().config(file).into_router().unwrap_err().to_string();
        assert!(error.contains("`csrf.origins` in routekit.toml") && error.contains(reason), "{error}");
    }
}
