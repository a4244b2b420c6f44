//! Where the document and the page are served, and to whom.

use routekit::{
    auth::ApiKeys,
    config::{AdminAddr, Config, OpenApiAccess, ServeOpenApi},
    prelude::*,
    test::{TestApp, TestResponse},
};
use serde_json::Value;

#[get("/served/v1/things", version = "1")]
async fn old() -> String {
    String::new()
}

#[get("/served/things")]
async fn things() -> String {
    String::new()
}

#[get("/docs")]
async fn docs() -> String {
    "the program's own".to_owned()
}

fn app(change: impl FnOnce(&mut Config) + Send + 'static) -> App {
    App::with_routes(routes![old, things]).config(Config::default()).configure(change)
}

fn served(app: App) -> TestApp {
    TestApp::new(app)
}

fn paths(response: &TestResponse) -> Vec<String> {
    assert_eq!(response.status(), 200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    response.json::<Value>()["paths"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn admin_surface_serves_the_document_and_the_page() {
    let app = served(app(|_| {}));
    let admin = app.admin();
    assert_eq!(paths(&admin.get("/openapi.json").send().await), ["/served/things", "/served/v1/things"]);
    assert_eq!(paths(&admin.get("/openapi/1").send().await), ["/served/things", "/served/v1/things"]);
    assert_eq!(paths(&admin.get("/openapi/1.json").send().await).len(), 2);
    assert_eq!(admin.get("/openapi/7").send().await.status(), 404);
    let page = admin.get("/docs").send().await;
    assert_eq!((page.status().as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("/served/v1/things"));
    for path in ["/openapi.json", "/docs"] {
        assert_eq!(app.get(path).send().await.status(), 404, "{path} is not on the main listener");
    }
}

#[tokio::test]
async fn main_listener_serves_them_if_the_configuration_says_so() {
    let app = served(app(|config| config.set_openapi_serve(ServeOpenApi::Main)));
    assert_eq!(paths(&app.get("/openapi.json").send().await).len(), 2);
    assert_eq!(app.get("/docs").send().await.status(), 200);
    assert_eq!(app.admin().get("/openapi.json").send().await.status(), 404);
}

#[tokio::test]
async fn nobody_serves_them_if_they_are_off() {
    let app = served(app(|config| config.set_openapi_serve(ServeOpenApi::Off)));
    for app in [app.admin(), app] {
        for path in ["/openapi.json", "/docs", "/openapi/1"] {
            assert_eq!(app.get(path).send().await.status(), 404, "{path}");
        }
    }
}

/// The status of a request without credentials, and with them.
async fn statuses(access: OpenApiAccess, require_auth: bool) -> (u16, u16) {
    const KEY: &str = "a-key-that-is-long-enough";
    let app = app(move |config| {
        config.set_openapi_serve(ServeOpenApi::Main);
        config.set_openapi_access(access);
    });
    let app = app.verifier(ApiKeys::new().key(KEY, Identity::new("ann")));
    let app = served(if require_auth { app.require_auth() } else { app });
    let without = app.get("/openapi.json").send().await.status().as_u16();
    (without, app.get("/openapi.json").header("x-api-key", KEY).send().await.status().as_u16())
}

#[tokio::test]
async fn access_on_the_main_listener_is_that_of_the_app_or_as_configured() {
    assert_eq!(statuses(OpenApiAccess::App, false).await, (200, 200));
    assert_eq!(statuses(OpenApiAccess::App, true).await, (401, 200));
    assert_eq!(statuses(OpenApiAccess::Public, true).await, (200, 200));
    assert_eq!(statuses(OpenApiAccess::Identified, false).await, (401, 200));
}

#[test]
fn access_for_identified_clients_needs_a_verifier() {
    let app = app(|config| {
        config.set_openapi_serve(ServeOpenApi::Main);
        config.set_openapi_access(OpenApiAccess::Identified);
    });
    let error = app.into_router().unwrap_err().to_string();
    assert!(error.contains("openapi.access") && error.contains("no verifier"), "{error}");
}

#[test]
fn access_without_effect_is_an_error() {
    let app = app(|config| {
        config.set_admin_addr(AdminAddr::Main);
        config.set_openapi_access(OpenApiAccess::Identified);
    });
    let error = app.into_router().unwrap_err().to_string();
    assert!(error.contains("openapi.access") && error.contains("has no effect"), "{error}");
}

#[test]
fn a_route_of_the_app_at_their_path_is_an_error_only_beside_them() {
    let with_docs = |change: fn(&mut Config)| {
        App::with_routes(routes![docs]).config(Config::default()).configure(change).into_router().map(drop)
    };
    with_docs(|_| {}).unwrap();
    with_docs(|config| config.set_openapi_serve(ServeOpenApi::Off)).unwrap();
    fn beside(config: &mut Config) {
        config.set_openapi_serve(ServeOpenApi::Main);
    }
    fn admin_beside(config: &mut Config) {
        config.set_admin_addr(AdminAddr::Main);
    }
    for change in [beside, admin_beside] {
        let error = with_docs(change).unwrap_err().to_string();
        assert!(error.contains("`/docs` is a path where routekit serves the page with its documentation"), "{error}");
    }
}

#[test]
fn a_hand_written_router_at_their_path_is_an_error_beside_them() {
    let router = axum::Router::new().route("/openapi.json", axum::routing::get(async || ""));
    let app = app(|config| config.set_openapi_serve(ServeOpenApi::Main)).merge(router);
    let error = app.into_router().unwrap_err().to_string();
    assert!(error.contains("/openapi.json"), "{error}");
}
