//! Discovery of routes: which routes an app has, in which order, and the errors of a set of routes.

use routekit::{config::AdminAddr, prelude::*, route::Method, test::TestApp};

#[get("/d/users")]
async fn users() -> &'static str {
    "users"
}

mod other {
    use routekit::prelude::*;

    #[get("/d/users")]
    pub(crate) async fn users() {}

    #[post("/d/users")]
    pub(crate) async fn create() {}
}

#[get("/d/users/{id}")]
async fn user(id: u32) -> String {
    id.to_string()
}

#[put("/d/users/{name}")]
async fn rename(name: String) -> String {
    name
}

#[get("/d/users/me")]
async fn me() -> &'static str {
    "me"
}

#[get("/metrics")]
async fn own_metrics() {}

#[get("/d/files/{name}")]
async fn file(name: String) -> String {
    name
}

#[get("/d/files/{*rest}")]
async fn files(rest: String) -> String {
    rest
}

#[get("/d/a", operation_id = "same")]
async fn first() {}

#[get("/d/b", operation_id = "same")]
async fn second() {}

#[get("/")]
async fn root() -> &'static str {
    "root"
}

fn problems(app: App) -> Vec<String> {
    let error = app.into_router().unwrap_err();
    error.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn all_problems_are_reported_at_once_with_locations() {
    let theirs = axum::Router::new().route("/d/a", axum::routing::get(|| async {}));
    let app = App::with_routes(routes![users, other::users, user, rename, own_metrics, first, second, file, files]);
    let app = app.configure(|config| config.set_admin_addr(AdminAddr::Main));
    let problems = problems(app.expect_crates(["nowhere"]).merge(theirs));
    assert_eq!(problems.len(), 7, "{problems:#?}");
    assert!(problems[0].starts_with("the crate `nowhere` brings no routes"), "{}", problems[0]);
    assert!(problems[2].starts_with("`GET /d/users` is declared 2 times"), "{}", problems[2]);
    assert_eq!(problems[2].matches("tests/suite/discovery.rs:").count(), 2, "{}", problems[2]);
    assert!(problems[1].contains("a placeholder and a catch-all cannot share a place"), "{}", problems[1]);
    assert!(problems[3].contains("drop one, or give their placeholders the same names"), "{}", problems[3]);
    assert!(problems[3].contains("`/d/users/{id}` at tests/suite/discovery.rs:"), "{}", problems[3]);
    assert!(problems[3].contains("`/d/users/{name}` at tests/suite/discovery.rs:"), "{}", problems[3]);
    assert!(problems[4].starts_with("`/metrics` is a path where routekit serves its metrics"), "{}", problems[4]);
    assert!(problems[5].starts_with("2 routes have the operation id `same`"), "{}", problems[5]);
    assert!(problems[6].starts_with("GET /d/a (tests/suite/discovery.rs:"), "{}", problems[6]);
}

#[test]
fn startup_error_prints_as_a_list() {
    let error = App::with_routes(routes![users, other::users, user, rename]).into_router().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the app cannot start, for 2 reasons:\n\n  1. `GET /d/users`"), "{text}");
    assert_eq!(text, format!("{error:?}"), "what `main` prints is the same");
}

#[tokio::test]
async fn literal_beside_a_placeholder_is_allowed() {
    let app = TestApp::new(App::with_routes(routes![user, me, users, other::create]));
    assert_eq!(app.get("/d/users/me").send().await.text(), "me");
    assert_eq!(app.get("/d/users/7").send().await.text(), "7");
    assert_eq!(app.post("/d/users").send().await.status(), 200);
    assert_eq!(app.get("/d/users").send().await.text(), "users");
}

#[test]
fn route_order_does_not_depend_on_discovery() {
    let forwards = App::with_routes(routes![users, other::create, user, me]).table().unwrap().to_string();
    let backwards = App::with_routes(routes![me, user, other::create, users]).table().unwrap().to_string();
    assert_eq!(forwards, backwards);
    let lines: Vec<&str> = forwards.lines().collect();
    assert_eq!(
        lines,
        [
            "METHOD  PATH           CRATE  HANDLER  POLICIES",
            "GET     /d/users       suite  users    ",
            "POST    /d/users       suite  create   ",
            "GET     /d/users/me    suite  me       ",
            "GET     /d/users/{id}  suite  user     ",
        ]
    );
}

#[test]
fn linked_routes_are_discovered() {
    // The routes of this binary overlap, so the test looks at what is found and mounts nothing.
    let error = App::discover().into_router().unwrap_err();
    assert!(error.to_string().contains("`GET /d/users` is declared 2 times"), "{error}");
    let error = App::discover_from(["suite"]).into_router().unwrap_err();
    assert!(error.to_string().contains("`GET /d/users` is declared 2 times"), "{error}");
}

#[test]
fn named_crate_without_routes_is_an_error() {
    let error = App::discover_from(["not-linked"]).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!((problem.code(), problem.locations()), ("missing-crate", &["not-linked".to_owned()][..]), "{error}");
    let (_, linked) = error.to_string().rsplit_once("routes come from ").map(|(a, b)| (a.len(), b.to_owned())).unwrap();
    assert!(linked.split(", ").any(|name| name == "suite"), "{error}");
    assert!(error.to_string().contains("`use not_linked as _;`"), "{error}");
}

#[tokio::test]
async fn app_without_routes_is_a_startup_error() {
    let error = App::with_routes([]).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(problem.code(), "no-routes");
    let text = problem.to_string();
    assert!(text.contains("`App::with_routes(routes![…])`") && text.contains("`.allow_no_routes()`"), "{text}");
    let app = TestApp::new(App::with_routes([]).allow_no_routes());
    assert_eq!(app.get("/health/live").send().await.status(), 200);
    let router = axum::Router::new().route("/old", axum::routing::get(async || "old"));
    let app = TestApp::new(App::with_routes([]).merge(router));
    assert_eq!(app.get("/old").send().await.text(), "old", "a hand-written router is enough");
    let error = App::discover_from(["not-linked"]).into_router().unwrap_err();
    assert_eq!(error.problems().len(), 1, "the missing crate is the reason: {error}");
}

#[tokio::test]
async fn prefix_stands_before_every_path() {
    let app = TestApp::new(App::with_routes(routes![user, root]).prefix("/api/"));
    assert_eq!(app.get("/api/d/users/7").send().await.text(), "7");
    assert_eq!(app.get("/api").send().await.text(), "root");
    assert_eq!(app.get("/d/users/7").send().await.status(), 404);
    assert_eq!(app.get("/health/live").send().await.status(), 200, "the app's own paths stay");
    assert_eq!(app.table().rows()[0].path, "/api");

    for prefix in ["api", "/{tenant}", "/a b", "/a?b", "/ü", "/%c3", "//x", "/a//b", "/a/..", "/<a>"] {
        let error = App::with_routes(routes![user]).prefix(prefix).into_router().unwrap_err();
        let codes: Vec<&str> = error.problems().iter().map(|problem| problem.code()).collect();
        assert_eq!(codes, ["invalid-prefix"], "{prefix}: {error}");
    }
}

#[test]
fn route_meta_describes_the_route() {
    let meta = user::ROUTE.meta();
    assert_eq!((meta.method(), meta.path(), meta.handler()), (Method::Get, "/d/users/{id}", "user"));
    assert_eq!(meta.location().crate_name(), "suite");
    assert_eq!(meta.location().file(), "tests/suite/discovery.rs");
}
