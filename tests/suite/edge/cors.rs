//! CORS: which pages may read responses, and what preflights say.

use axum::{Router, body::Body, extract::Request, response::Response, routing};
use http::{HeaderMap, StatusCode};
use routekit::{edge::CorsPolicy, prelude::*, test::TestApp};

use super::{config, problems};

const APP: &str = "https://app.example";
const EVIL: &str = "https://evil.example";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

#[get("/cors/items")]
async fn items() -> &'static str {
    "items"
}

#[put("/cors/items", auth, body_limit = 4)]
async fn replace(_body: String) {}

#[options("/cors/own")]
async fn own() -> &'static str {
    "own"
}

#[get("/cors/stored", cache(ttl = "60s"))]
async fn stored() -> &'static str {
    "stored"
}

#[get("/cors/panic")]
async fn panicking() -> StatusCode {
    panic!("as the test wants")
}

fn plain() -> App {
    App::with_routes(routes![items, replace, own, stored, panicking]).identify(async |_| None)
}

fn app() -> TestApp {
    TestApp::new(plain().cors(CorsPolicy::origins([APP]).credentials()))
}

async fn send(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
    app.call(request.body(Body::empty()).unwrap()).await
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Response {
    let headers = [("origin", origin), ("access-control-request-method", "PUT")];
    send(app, "OPTIONS", path, &headers).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

fn names_cors(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("access-control"))
}

#[tokio::test]
async fn response_has_no_cors_headers_unless_origins_are_set() {
    let app = TestApp::new(plain());
    let response = send(&app, "GET", "/cors/items", &[("origin", APP)]).await;
    assert!(!names_cors(response.headers()) && !response.headers().contains_key("vary"), "{response:?}");
    let response = preflight(&app, "/cors/items", APP).await;
    assert_eq!(response.status(), 405);
    assert!(!names_cors(response.headers()), "{response:?}");
}

#[tokio::test]
async fn preflight_names_the_methods_of_the_path_without_auth_and_body_limit() {
    let app = app();
    let response = preflight(&app, "/cors/items", APP).await;
    assert_eq!(response.status(), 204);
    let headers = response.headers();
    assert_eq!(text(headers, ALLOW_ORIGIN), Some(APP));
    assert_eq!(text(headers, "access-control-allow-credentials"), Some("true"));
    assert_eq!(text(headers, "access-control-allow-methods"), Some("GET,HEAD,PUT"));
    assert_eq!(text(headers, "access-control-allow-headers"), Some("authorization,content-type"));
    assert_eq!(text(headers, "access-control-max-age"), Some("600"));
    assert_eq!(text(headers, "vary"), Some("origin"));
    assert_eq!(text(headers, "x-content-type-options"), Some("nosniff"));

    let response = preflight(&app, "/cors/stored", APP).await;
    assert_eq!(text(response.headers(), "access-control-allow-methods"), Some("GET,HEAD"));
    let response = preflight(&app, "/cors/items", EVIL).await;
    assert!(!names_cors(response.headers()), "{response:?}");
    let response = preflight(&app, "/cors/nothing", APP).await;
    assert_eq!(response.status(), 404);
    assert_eq!(text(response.headers(), "access-control-allow-methods"), None);
}

#[tokio::test]
async fn options_without_a_preflight_reach_the_handler() {
    let app = app();
    let response = send(&app, "OPTIONS", "/cors/own", &[("origin", APP)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response.headers(), ALLOW_ORIGIN), Some(APP));
    assert_eq!(text(response.headers(), "access-control-allow-headers"), None);
}

#[tokio::test]
async fn response_of_any_status_names_the_allowed_origin() {
    let app = app();
    for (method, path, status) in [
        ("GET", "/cors/items", 200),
        ("PUT", "/cors/items", 401),
        ("GET", "/cors/nothing", 404),
        ("DELETE", "/cors/items", 405),
        ("GET", "/cors/panic", 500),
    ] {
        let response = send(&app, method, path, &[("origin", APP)]).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(text(response.headers(), ALLOW_ORIGIN), Some(APP), "{method} {path}");
        assert_eq!(text(response.headers(), "vary"), Some("origin"), "{method} {path}");
        for origin in [EVIL, "null", "https://app.example.evil.example", "http://app.example"] {
            let response = send(&app, method, path, &[("origin", origin)]).await;
            assert!(!names_cors(response.headers()), "{origin}: {response:?}");
            assert_eq!(text(response.headers(), "vary"), Some("origin"), "{origin}");
        }
        let response = send(&app, method, path, &[]).await;
        assert!(!names_cors(response.headers()));
        assert_eq!(text(response.headers(), "vary"), Some("origin"), "{method} {path}: without an origin");
    }
}

#[tokio::test]
async fn stored_response_has_the_headers_of_each_request() {
    let policy = CorsPolicy::origins([APP, "https://other.example"]);
    let app = TestApp::new(plain().cors(policy));
    for (origin, allowed, outcome) in
        [(APP, Some(APP), "MISS"), ("https://other.example", Some("https://other.example"), "HIT"), (EVIL, None, "HIT")]
    {
        let response = send(&app, "GET", "/cors/stored", &[("origin", origin)]).await;
        assert_eq!(text(response.headers(), "x-cache"), Some(outcome), "{origin}");
        assert_eq!(text(response.headers(), ALLOW_ORIGIN), allowed);
        assert_eq!(text(response.headers(), "vary"), Some("origin"));
    }
}

#[tokio::test]
async fn any_origin_needs_no_vary_and_hand_written_routes_have_preflights() {
    let other = Router::new().route("/cors/other", routing::get(async || "other"));
    let app = TestApp::new(plain().merge(other).cors(CorsPolicy::any_origin().any_headers().max_age(None)));
    let response = send(&app, "GET", "/cors/other", &[("origin", EVIL)]).await;
    assert_eq!(text(response.headers(), ALLOW_ORIGIN), Some("*"));
    assert_eq!(text(response.headers(), "vary"), None);
    let headers = [
        ("origin", EVIL),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "x-one, x-two"),
    ];
    let response = send(&app, "OPTIONS", "/cors/other", &headers).await;
    assert_eq!(text(response.headers(), "access-control-allow-methods"), Some("GET,HEAD,POST,PUT,PATCH,DELETE"));
    assert_eq!(text(response.headers(), "access-control-allow-headers"), Some("x-one, x-two"));
    assert_eq!(text(response.headers(), "access-control-max-age"), None);
}

#[tokio::test]
async fn configuration_overrides_each_setting_of_the_program() {
    let file = r#"
        [cors]
        origins = ["HTTPS://Other.Example:443", "http://localhost:5173"]
        methods = ["PUT"]
        headers = ["x-one"]
        expose_headers = "x-total"
        credentials = "off"
        max_age = "1h"
    "#;
    let app = TestApp::new(plain().cors(CorsPolicy::origins([APP]).credentials()).config(config(file)));
    let response = preflight(&app, "/cors/items", "https://other.example").await;
    let headers = response.headers();
    assert_eq!(text(headers, ALLOW_ORIGIN), Some("https://other.example"));
    assert_eq!(text(headers, "access-control-allow-credentials"), None);
    assert_eq!(text(headers, "access-control-allow-methods"), Some("PUT"));
    assert_eq!(text(headers, "access-control-allow-headers"), Some("x-one"));
    assert_eq!(text(headers, "access-control-max-age"), Some("3600"));
    let response = send(&app, "GET", "/cors/items", &[("origin", "http://localhost:5173")]).await;
    assert_eq!(text(response.headers(), "access-control-expose-headers"), Some("x-total"));
    let response = send(&app, "GET", "/cors/items", &[("origin", APP)]).await;
    assert!(!names_cors(response.headers()));
    let explained = app.table().explain("GET /cors/items").unwrap().to_string();
    assert!(
        explained.contains("origins = HTTPS://Other.Example:443, http://localhost:5173 (routekit.toml)"),
        "{explained}"
    );

    let off = TestApp::new(plain().cors(CorsPolicy::origins([APP])).config(config("[cors]\norigins = 'off'")));
    assert!(!names_cors(send(&off, "GET", "/cors/items", &[("origin", APP)]).await.headers()));
}

#[test]
fn policy_that_exposes_too_much_or_nothing_is_a_problem_with_key_and_source() {
    for (file, key, reason) in [
        ("origins = ['*']\ncredentials = 'on'", "cors.origins", "any origin cannot be combined with"),
        ("origins = ['*', 'https://app.example']", "cors.origins", "`*` is not one of several origins"),
        ("origins = ['https://app.example/']", "cors.origins", "without a path"),
        ("origins = ['https://app.example/login']", "cors.origins", "without a path"),
        ("origins = ['app.example']", "cors.origins", "has no scheme"),
        ("origins = ['null']", "cors.origins", "sandboxed"),
        ("origins = []", "cors.origins", "empty"),
        (
            "origins = ['https://app.example']\ncredentials = 'on'\nexpose_headers = '*'",
            "cors.expose_headers",
            "cannot be combined with",
        ),
        (
            "origins = ['https://app.example']\ncredentials = 'on'\nexpose_headers = ['x-total', '*']",
            "cors.expose_headers",
            "cannot be combined with",
        ),
        ("origins = ['https://app.example']\nmethods = '*'", "cors.methods", "write `declared`"),
        ("origins = ['https://app.example']\nmethods = ['GET', '*']", "cors.methods", "write `declared`"),
        ("origins = ['https://app.example']\nmethods = ['get']", "cors.methods", "case-sensitive; write `GET`"),
        ("origins = ['https://app.example']\nmethods = 'FETCH'", "cors.methods", "`FETCH` is not a method of HTTP"),
        ("origins = ['https://app.example']\nmethods = 'DELTE'", "cors.methods", "did you mean `DELETE`?"),
        ("origins = ['https://app.example']\nmethods = 'TRACE'", "cors.methods", "no browser sends `TRACE`"),
        ("origins = ['https://app.example']\nheaders = ['x-one', '*']", "cors.headers", "write it alone"),
    ] {
        let error = plain().config(config(&format!("[cors]\n{file}"))).into_router().unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}` in routekit.toml")) && error.contains(reason), "{file}: {error}");
    }
    for (line, reason) in [
        ("methods = []", "is not a method"),
        ("methods = ['G ET']", "is not a method"),
        ("headers = []", "empty"),
        ("headers = ['a b']", "is not a header name"),
        ("max_age = 'soon'", "not a duration"),
    ] {
        let problems = problems(&format!("[cors]\n{line}"));
        let key = line.split(' ').next().unwrap();
        assert!(problems.contains(&format!("`cors.{key}` in routekit.toml")), "{problems}");
        assert!(problems.contains(reason), "{problems}");
    }
    let of_code = [
        CorsPolicy::any_origin().credentials(),
        CorsPolicy::origins(["https://app.example/x"]),
        CorsPolicy::origins(Vec::<String>::new()),
    ];
    for policy in of_code {
        let error = plain().cors(policy).config(config("")).into_router().unwrap_err().to_string();
        assert!(error.contains("`cors.origins` (code)"), "{error}");
    }
    let app_origin = || CorsPolicy::origins([APP]).credentials();
    let any: http::HeaderName = "*".parse().unwrap();
    for (policy, key) in [
        (app_origin().methods(["*".parse().unwrap()]), "cors.methods"),
        (app_origin().methods(["FETCH".parse().unwrap()]), "cors.methods"),
        (app_origin().methods(["get".parse().unwrap()]), "cors.methods"),
        (app_origin().headers([any.clone()]), "cors.headers"),
        (app_origin().headers([http::header::RANGE, any.clone()]), "cors.headers"),
        (app_origin().expose_headers([any]), "cors.expose_headers"),
    ] {
        let error = plain().cors(policy).config(config("")).into_router().unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}` (code)")), "{key}: {error}");
    }
}

#[test]
fn settings_without_origins_are_problems_with_key_and_source() {
    let error = |app: App| app.into_router().err().map(|error| error.to_string());
    for (key, line) in [
        ("cors.methods", "methods = ['GET']"),
        ("cors.headers", "headers = ['x-one']"),
        ("cors.expose_headers", "expose_headers = ['x-total']"),
        ("cors.credentials", "credentials = 'on'"),
        ("cors.max_age", "max_age = '1h'"),
    ] {
        let alone = error(plain().config(config(&format!("[cors]\n{line}")))).unwrap();
        let expected = format!("`{key}` in routekit.toml is ");
        assert!(alone.contains(&expected) && alone.contains("no effect without `cors.origins`"), "{alone}");
        for origins in ["'off'", "['https://app.example']"] {
            let file = format!("[cors]\norigins = {origins}\n{line}");
            assert_eq!(error(plain().config(config(&file))), None, "{file}");
        }
    }
    let of_code = plain().config(config("")).configure(|config| config.set_cors_credentials(true));
    assert!(error(of_code).unwrap().contains("`cors.credentials` (code)"));
    assert_eq!(error(plain().config(config("[cors]\ncredentials = 'off'"))), None, "which is the effect");
}

#[test]
fn every_mistake_of_the_policy_is_reported() {
    let file =
        "[cors]\norigins = ['app.example', 'https://a.example', 'https://b.example/']\nmethods = ['get', 'FETCH']";
    let error = plain().config(config(file)).into_router().unwrap_err().to_string();
    for part in [
        "2 mistakes",
        "`app.example` has no scheme",
        "`https://b.example/` has more than an origin",
        "`get` is not a method",
        "`FETCH` is not a method",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn preflight_names_no_methods_if_the_policy_allows_none_of_the_path() {
    let app = TestApp::new(plain().cors(CorsPolicy::origins([APP]).methods([http::Method::DELETE])));
    let response = preflight(&app, "/cors/items", APP).await;
    assert_eq!(response.status(), 204);
    assert_eq!(text(response.headers(), ALLOW_ORIGIN), Some(APP));
    assert_eq!(text(response.headers(), "access-control-allow-methods"), None);
}
