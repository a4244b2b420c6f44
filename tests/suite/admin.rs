//! The admin surface: its listener, its documents, and the credentials that a change needs.

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode};
use routekit::{
    config::{AdminAddr, Secret},
    health::Readiness,
    prelude::*,
    test::TestApp,
};
use serde_json::Value;

use crate::wire;

/// Lists items.
#[get("/a/items", timeout = "2s", tags("items"))]
async fn items() -> &'static str {
    "items"
}

#[get("/a/hold")]
async fn hold(readiness: Dep<Readiness>) -> StatusCode {
    let hold = readiness.hold("a handler says so");
    assert!(!readiness.is_ready());
    drop(hold);
    StatusCode::NO_CONTENT
}

const TOKEN: &str = "0123456789abcdef";

fn app(addr: AdminAddr, token: bool) -> App {
    App::with_routes(routes![items, hold]).configure(move |config| {
        config.set_admin_addr(addr);
        config.set_admin_token(token.then(|| Secret::new(TOKEN)));
    })
}

const READING: [&str; 5] = ["/metrics", "/routes", "/readiness", "/access-log", "/cache/stats"];

#[tokio::test]
async fn admin_with_own_address_is_not_on_the_main_listener() {
    let app = TestApp::new(app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), false));
    for path in READING {
        assert_eq!(app.get(path).send().await.status(), 404, "{path} is not for clients");
        assert_eq!(app.admin().get(path).send().await.status(), 200, "{path}");
    }
    assert_eq!(app.admin().get("/a/items").send().await.status(), 404, "routes are not for operators");
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(app.get(path).send().await.status(), 200, "{path}");
    }
    let lost = app.admin().get("/nothing").header("x-correlation-id", "abc").send().await;
    assert_eq!(lost.json::<Value>()["correlationId"], "abc");
}

#[tokio::test]
async fn admin_with_main_address_is_beside_the_routes() {
    let app = TestApp::new(app(AdminAddr::Main, false));
    for path in READING {
        assert_eq!(app.get(path).send().await.status(), 200, "{path}");
    }
    assert_eq!(app.get("/a/items").send().await.text(), "items");
}

#[tokio::test]
async fn admin_switched_off_is_nowhere() {
    let app = TestApp::new(app(AdminAddr::Off, false));
    for path in READING {
        assert_eq!(app.get(path).send().await.status(), 404, "{path}");
    }
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| app.admin()));
    assert!(panicked.is_err(), "there is none");
}

#[tokio::test]
async fn admin_and_routes_listen_on_two_sockets() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let main = wire::run(app(AdminAddr::Own(addr), false).admin_listener(listener)).await;
    let admin = main.at(addr);
    assert_eq!(main.http1(wire::get("/a/items")).await.1, "items");
    assert_eq!(main.http1(wire::get("/metrics")).await.0.status, 404);
    let (parts, text) = admin.http1(wire::get("/metrics")).await;
    assert_eq!(parts.status, 200);
    assert!(text.contains(r#"http_route="/a/items",http_response_status_code="200"} 1"#), "{text}");
    assert_eq!(admin.http1(wire::get("/a/items")).await.0.status, 404);
}

#[tokio::test]
async fn admin_without_a_token_refuses_changes() {
    for addr in [AdminAddr::Main, AdminAddr::Own(([127, 0, 0, 1], 0).into())] {
        let app = TestApp::new(app(addr, false));
        let admin = if addr == AdminAddr::Main { app.clone() } else { app.admin() };
        for path in READING {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let request = admin.request(method.clone(), path).header("authorization", "Bearer ");
                assert_eq!(request.send().await.status(), 405, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn access_log_mode_changes_only_with_the_token() {
    let app = TestApp::new(app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), true)).admin();
    let mode = async || app.get("/access-log").send().await.json::<Value>()["mode"].clone();
    for (name, authorization) in [
        ("no credentials", None),
        ("another", Some("Bearer 0123456789abcdeX".to_owned())),
        ("a longer one", Some(format!("Bearer {TOKEN}0"))),
        ("another scheme", Some(format!("Basic {TOKEN}"))),
        ("no token", Some("Bearer ".to_owned())),
    ] {
        let mut request = app.request(Method::PUT, "/access-log").body("all");
        if let Some(authorization) = &authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await;
        assert_eq!(answer.status(), 401, "{name}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{name}");
        assert_eq!(mode().await, "errors", "{name}");
    }
    let put = async |body: &'static str| {
        let request = app.request(Method::PUT, "/access-log").body(body);
        request.header("authorization", &format!("Bearer {TOKEN}")).send().await.status()
    };
    assert_eq!(put("everything").await, 422);
    assert_eq!(mode().await, "errors");
    assert_eq!(put("all").await, 204);
    assert_eq!(mode().await, "all");
}

#[tokio::test]
async fn admin_routes_lists_policies() {
    let app = TestApp::new(app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), false));
    let document: Value = app.admin().get("/routes").send().await.json();
    let items = &document["routes"].as_array().unwrap().iter().find(|route| route["path"] == "/a/items").unwrap();
    assert_eq!(items["route"], "GET /a/items");
    assert_eq!(items["crate"], "suite");
    assert_eq!(items["handler"], "suite::admin::items");
    assert_eq!(items["summary"], "Lists items.");
    assert_eq!(items["tags"][0], "items");
    assert!(items["location"].as_str().unwrap().starts_with("tests/suite/admin.rs:"), "{items}");
    let timeout = items["policies"].as_array().unwrap().iter().find(|step| step["policy"] == "timeout").unwrap();
    let expected = serde_json::json!(
        { "policy": "timeout", "around": "endpoint", "setting": "timeout", "value": "2s", "origin": "attribute" }
    );
    assert_eq!(*timeout, expected);
}

#[tokio::test]
async fn readiness_holds_make_the_app_not_ready() {
    let app = app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), false);
    let readiness = app.readiness();
    let app = TestApp::new(app);
    let ready = async || app.get("/health/ready").send().await;
    let (first, second) = (readiness.hold("warming up"), readiness.hold("waiting for the other side"));
    let refused = ready().await;
    assert_eq!((refused.status().as_u16(), refused.text()), (503, r#"{"status":"not ready"}"#));
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    let details: Value = app.admin().get("/readiness").send().await.json();
    assert_eq!(details["heldBy"], serde_json::json!(["warming up", "waiting for the other side"]));
    drop(first);
    assert_eq!(ready().await.status(), 503, "one is left");
    drop(second);
    assert_eq!(ready().await.status(), 200);
    assert_eq!(app.get("/a/hold").send().await.status(), 204, "handlers have the same one");
    assert_eq!(app.get("/health/live").send().await.status(), 200);
}

#[test]
fn readiness_provided_twice_is_a_startup_error() {
    let app = App::with_routes(routes![items]).provide(Readiness::new());
    let error = app.config(Default::default()).into_router().unwrap_err().to_string();
    assert!(error.contains("`routekit::health::readiness::Readiness` is provided twice"), "{error}");
    assert_eq!(error.matches("tests/suite/admin.rs:").count(), 2, "{error}");
}

#[tokio::test]
async fn into_routers_separates_routes_and_admin() {
    use tower::ServiceExt;
    let config = routekit::config::Config::default();
    let (main, admin) = App::with_routes(routes![items]).config(config).into_routers().unwrap();
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(main.clone().oneshot(get("/a/items")).await.unwrap().status(), 200);
    assert_eq!(main.oneshot(get("/metrics")).await.unwrap().status(), 404);
    assert_eq!(admin.unwrap().oneshot(get("/metrics")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn foreign_host_on_a_loopback_listener_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    // The listener counts, and not the setting.
    let main = wire::run(app(AdminAddr::Own(([10, 0, 0, 1], 9091).into()), false).admin_listener(listener)).await;
    let ask = async |path: &str, host: &str| {
        let request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
        let (parts, body) = main.at(addr).http1(request).await;
        (parts.status.as_u16(), body)
    };
    for path in READING {
        for host in ["localhost:9091", "127.0.0.1", "[::1]:9091", "10.0.0.7:9091"] {
            assert_eq!(ask(path, host).await.0, 200, "{path} of {host}");
        }
        for host in ["evil.example", "evil.example:9091", "localhost.evil.example", ""] {
            let (status, body) = ask(path, host).await;
            assert_eq!(status, 421, "{path} of {host}");
            let problem: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(problem["detail"], "this listener answers requests for `localhost` or an IP address only");
        }
    }
    assert_eq!(ask("/nothing", "evil.example").await.0, 421);
    let elsewhere = TestApp::new(app(AdminAddr::Own(([10, 0, 0, 1], 9091).into()), false)).admin();
    let named = elsewhere.get("/routes").header("host", "admin.example");
    assert_eq!(named.send().await.status(), 200, "operators reach other listeners by a name");
    let absolute = Request::get("http://evil.example/routes").header("host", "localhost").body(Body::empty()).unwrap();
    let local = TestApp::new(app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), false)).admin();
    assert_eq!(local.call(absolute).await.status(), 421, "the host of the URI counts, too");
}

#[tokio::test]
async fn request_of_a_page_of_another_site_is_refused() {
    let own = |ip| TestApp::new(app(AdminAddr::Own((ip, 9091).into()), false)).admin();
    for admin in [own([127, 0, 0, 1]), own([10, 0, 0, 1])] {
        for (site, mode, dest, status) in [
            ("cross-site", "no-cors", "image", 403),
            ("cross-site", "cors", "empty", 403),
            ("cross-site", "navigate", "iframe", 403),
            ("cross-site", "navigate", "document", 200),
            ("same-origin", "cors", "empty", 200),
            ("none", "navigate", "document", 200),
        ] {
            for path in ["/events", "/routes"] {
                let request = Request::get(path)
                    .header("host", "localhost")
                    .header("sec-fetch-site", site)
                    .header("sec-fetch-mode", mode)
                    .header("sec-fetch-dest", dest)
                    .body(Body::empty())
                    .unwrap();
                let response = admin.call(request).await;
                assert_eq!(response.status(), status, "{site} {mode} {dest} {path}");
            }
        }
    }
}

#[test]
fn explained_requests_beside_open_routes_are_a_startup_error() {
    let explained = |addr| {
        let app = app(addr, false).config(Default::default());
        app.configure(move |config| {
            config.set_admin_addr(addr);
            config.set_explain_requests(20);
        })
    };
    let error = explained(AdminAddr::Main).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(problem.code(), "invalid-setting");
    assert!(problem.to_string().contains("every client could read the requests of others"), "{problem}");
    assert!(explained(AdminAddr::Own(([127, 0, 0, 1], 0).into())).into_routers().is_ok());
}

/// The problems of an app whose admin surface is beside its routes.
fn reserved(app: App) -> Vec<(String, Vec<String>)> {
    let app = app.config(Default::default()).configure(|config| config.set_admin_addr(AdminAddr::Main));
    let Err(error) = app.into_router() else { return Vec::new() };
    assert!(error.problems().iter().all(|problem| problem.code() == "reserved-path"), "{error}");
    let problems = error.problems().iter();
    problems.map(|problem| (problem.to_string(), problem.locations().to_vec())).collect()
}

#[test]
fn declared_route_under_an_admin_path_is_a_startup_error() {
    for (prefix, own) in [("/breakers", "/breakers/{*name}"), ("/cache", "/cache/{*pattern}")] {
        let problems = reserved(App::with_routes(routes![items]).prefix(prefix));
        let [(message, locations)] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(
            message.starts_with(&format!("`{prefix}/a/items` is under `{own}`, where routekit serves")),
            "{message}"
        );
        assert!(locations[0].starts_with("tests/suite/admin.rs:"), "{locations:?}");
        let apart = App::with_routes(routes![items]).prefix(prefix).config(Default::default());
        assert!(apart.into_router().is_ok(), "on a listener of its own, the admin surface takes no path");
    }
    assert_eq!(reserved(App::with_routes(routes![items]).prefix("/cached")), []);
}

#[test]
fn hand_written_route_under_an_admin_path_is_a_startup_error() {
    let router = |path: &str| Router::new().route(path, axum::routing::any(|| async {}));
    let put = |path: &str| Router::new().route(path, axum::routing::put(|| async {}));
    let base = || App::with_routes(routes![items]);
    for (name, app, path, own) in [
        ("a literal", base().merge(router("/cache/report")), "/cache/report", "under `/cache/{*pattern}`,"),
        ("nested", base().nest("/breakers/mine", router("/x")), "/breakers/mine/x", "under `/breakers/{*name}`,"),
        ("another method", base().merge(put("/access-log")), "/access-log", "a path"),
    ] {
        let problems = reserved(app);
        let [(message, locations)] = problems.as_slice() else { panic!("{name}: {problems:?}") };
        assert!(message.starts_with(&format!("`{path}` is {own} where routekit serves")), "{name}: {message}");
        assert!(locations[0].starts_with("tests/suite/admin.rs:"), "{name}: {locations:?}");
    }
    assert_eq!(reserved(base().merge(router("/cached")).nest("/routes/of", router("/cache/x"))), []);
    assert!(base().merge(router("/cache/report")).config(Default::default()).into_router().is_ok());
}
