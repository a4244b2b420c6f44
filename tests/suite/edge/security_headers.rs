//! Security headers: which responses get them, and who changes them.

use axum::{Router, body::Body, response::Html, routing};
use http::{HeaderName, Request, StatusCode, header};
use routekit::{config::AdminAddr, edge::SecurityHeadersLayer, prelude::*, test::TestApp};

use super::{config, problems};
use crate::wire;

const API: &str = "default-src 'none'; frame-ancestors 'none'";
const PAGE: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
const CSP: &str = "content-security-policy";
const HSTS: &str = "strict-transport-security";

#[get("/edge/json")]
async fn json() -> Json<u8> {
    Json(1)
}

#[get("/edge/page")]
async fn page() -> Html<&'static str> {
    Html("<!doctype html><title>Page</title>")
}

#[get("/edge/own")]
async fn own() -> ([(HeaderName, &'static str); 3], Html<&'static str>) {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "sandbox"),
        (header::REFERRER_POLICY, "unsafe-url"),
        (header::X_CONTENT_TYPE_OPTIONS, "own"),
    ];
    (headers, Html("<!doctype html><title>Own</title>"))
}

#[get("/edge/stored", cache(ttl = "60s"))]
async fn stored() -> ([(HeaderName, &'static str); 1], Html<&'static str>) {
    ([(header::ETAG, "\"1\"")], Html("<!doctype html><title>Stored</title>"))
}

#[post("/edge/post", body_limit = 4)]
async fn accept(_body: String) {}

#[get("/edge/panic")]
async fn panicking() -> StatusCode {
    panic!("as the test wants")
}

fn app() -> App {
    App::with_routes(routes![json, page, own, stored, accept, panicking])
}

#[tokio::test]
async fn response_of_any_status_has_the_headers() {
    let layered = Router::new().route("/edge/layer", routing::get(async || ())).layer(axum::middleware::from_fn(
        async |_: axum::extract::Request, _: axum::middleware::Next| -> StatusCode { panic!("as the test wants") },
    ));
    let app = TestApp::new(app().merge(layered));
    for (method, path, body, status) in [
        ("GET", "/edge/json", "", 200),
        ("HEAD", "/edge/json", "", 200),
        ("GET", "/edge/nothing", "", 404),
        ("DELETE", "/edge/json", "", 405),
        ("POST", "/edge/post", "too large", 413),
        ("GET", "/edge/panic", "", 500),
        ("GET", "/edge/layer", "", 500),
        ("GET", "/health/live", "", 200),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
        let response = app.call(request).await;
        assert_eq!(response.status(), status, "{method} {path}");
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{method} {path}");
        assert_eq!(headers[CSP], API, "{method} {path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{method} {path}");
        assert!(!headers.contains_key(HSTS), "{method} {path}: plain HTTP");
    }
}

#[tokio::test]
async fn page_has_another_policy_and_keeps_its_own_headers() {
    let app = TestApp::new(app());
    let response = app.get("/edge/page").send().await;
    assert_eq!(response.header(CSP), Some(PAGE));
    let response = app.get("/edge/own").send().await;
    for (name, value) in [(CSP, "sandbox"), ("referrer-policy", "unsafe-url"), ("x-content-type-options", "own")] {
        assert_eq!(response.headers().get_all(name).iter().collect::<Vec<_>>(), [value]);
    }
}

/// A browser replaces the headers of a stored page with those of a 304.
#[tokio::test]
async fn not_modified_page_gets_no_other_policy() {
    let app = TestApp::new(app());
    for expected in ["MISS", "HIT"] {
        let response = app.get("/edge/stored").send().await;
        assert_eq!((response.header("x-cache"), response.header(CSP)), (Some(expected), Some(PAGE)));
    }
    let response = app.get("/edge/stored").header("if-none-match", "\"1\"").send().await;
    assert_eq!(response.status(), 304);
    assert_eq!(response.header(CSP), None);
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn configuration_overrides_the_program_and_a_route_the_app() {
    let file = r#"
        [security_headers]
        referrer_policy = "no-referrer"
        page_content_security_policy = "off"
        nosniff = "off"

        [route."GET /edge/page"]
        content_security_policy = "sandbox"
        referrer_policy = "off"

        [route."GET /edge/own"]
        content_security_policy = "default-src 'self'"
    "#;
    let code = SecurityHeadersLayer::new()
        .referrer_policy(http::HeaderValue::from_static("origin"))
        .content_security_policy(http::HeaderValue::from_static("default-src data:"));
    let app = TestApp::new(app().security_headers(code).config(config(file)));
    let headers = async |path: &str| {
        let response = app.get(path).send().await;
        [CSP, "referrer-policy", "x-content-type-options"].map(|name| response.header(name).map(str::to_owned))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(headers("/edge/json").await, [some("default-src data:"), some("no-referrer"), None]);
    assert_eq!(headers("/edge/stored").await, [None, some("no-referrer"), None]);
    assert_eq!(headers("/edge/page").await, [some("sandbox"), None, None]);
    assert_eq!(headers("/edge/own").await, [some("sandbox"), some("unsafe-url"), some("own")]);

    let explained = app.table().explain("GET /edge/page").unwrap().to_string();
    for line in [
        "content_security_policy = sandbox (routekit.toml)",
        "referrer_policy = off (routekit.toml)",
        "nosniff = off (routekit.toml)",
        "strict_transport_security = off (default)",
    ] {
        assert!(explained.contains(line), "{line}: {explained}");
    }
    let explained = app.table().explain("GET /edge/json").unwrap().to_string();
    assert!(explained.contains("content_security_policy = default-src data: (code)"), "{explained}");
    let table = app.table().to_string();
    assert!(table.contains("content_security_policy = sandbox (routekit.toml)"), "{table}");
}

#[tokio::test]
async fn hsts_is_sent_if_clients_use_https_and_not_to_localhost() {
    let app = TestApp::new(app().security_headers(SecurityHeadersLayer::new().https(true)));
    let hsts =
        async |host: &str| app.get("/edge/json").header("host", host).send().await.header(HSTS).map(str::to_owned);
    assert_eq!(hsts("shop.example").await.as_deref(), Some("max-age=31536000"));
    assert_eq!(hsts("localhost:8443").await, None);

    let off = "[security_headers]\nhttps = \"off\"";
    let code = SecurityHeadersLayer::new().https(true);
    let app = TestApp::new(self::app().security_headers(code).config(config(off)));
    assert_eq!(app.get("/edge/json").header("host", "shop.example").send().await.header(HSTS), None);
}

#[test]
fn header_value_that_cannot_be_sent_is_reported_with_its_key() {
    for (line, expected) in [
        ("content_security_policy = \"a\\nb\"", "has characters that no header can contain"),
        ("referrer_policy = \"\"", "empty; `off` removes the header"),
        ("https = \"maybe\"", "must be `on`, `off` or `auto`"),
    ] {
        let problems = problems(&format!("[security_headers]\n{line}"));
        let key = line.split(' ').next().unwrap();
        assert!(problems.contains(&format!("security_headers.{key}")), "{problems}");
        assert!(problems.contains(expected) && problems.contains("routekit.toml"), "{problems}");
    }
    let file = config("[security_headers]\nstrict_transport_security = \"includeSubDomains\"");
    let problems = app().config(file).into_router().unwrap_err().to_string();
    assert!(problems.contains("security_headers.strict_transport_security"), "{problems}");
    assert!(problems.contains("must have a `max-age`"), "{problems}");
}

#[tokio::test]
async fn admin_surface_has_the_headers() {
    let app = TestApp::new(app().configure(|config| config.set_admin_addr(AdminAddr::Own(([127, 0, 0, 1], 0).into()))));
    let response = app.admin().get("/routes").send().await;
    assert_eq!(response.header(CSP), Some(API));
    let response = app.admin().get("/").send().await;
    assert!(response.header(CSP).unwrap().contains("script-src 'sha256-"));
}

/// hyper writes the responses to heads that it cannot parse.
#[tokio::test]
async fn request_with_a_malformed_host_gets_the_headers_of_the_app() {
    let app = wire::run(app().config(config("[security_headers]\nreferrer_policy = 'no-referrer'"))).await;
    for hosts in [&[][..], &["a.example", "b.example"], &["a b"]] {
        let request = hosts.iter().fold(Request::get("/edge/json"), |request, host| request.header("host", *host));
        let (head, _) = app.http1(request.body(Body::empty()).unwrap()).await;
        assert_eq!(head.status, 400, "{hosts:?}");
        let values = ["x-content-type-options", CSP, "referrer-policy"].map(|name| &head.headers[name]);
        assert_eq!(values, ["nosniff", API, "no-referrer"], "{hosts:?}");
    }
}
