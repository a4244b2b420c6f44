//! Groups: the prefix and the defaults of all routes of a module.

use routekit::{auth::ApiKeys, config::Config, prelude::*, test::TestApp};
use serde_json::Value;

mod v2 {
    use routekit::prelude::*;

    routekit::group! {
        prefix = "/g/v2",
        auth(role("editor")),
        timeout = "2s",
        body_limit = "1KiB",
        slow = "300ms",
        tags("v2", "articles"),
        version = "2",
        alert(error_rate = 0.01, mean = "100ms"),
        deprecated(since = "2026-01-01"),
    }

    #[get("/articles", cache(ttl = 60, per = "user", invalidate_on("POST /g/v2/articles")))]
    pub(super) async fn articles(me: Identity) -> String {
        format!("articles of {}", me.sub())
    }

    #[post("/articles", timeout = "5s", tags("writers"), version = "3", alert(mean = "1s"))]
    pub(super) async fn write(body: String) -> String {
        body
    }

    #[get("/", public)]
    pub(super) async fn index() -> &'static str {
        "index"
    }

    pub(super) mod admin {
        use routekit::prelude::*;

        routekit::group! { prefix = "/admin", auth(role("admin")), slow = "1s" }

        #[get("/users/{id}")]
        pub(in super::super) async fn user(id: u32) -> String {
            format!("user {id}")
        }
    }
}

mod v20 {
    use routekit::prelude::*;

    #[get("/g/v20")]
    pub(super) async fn other() -> &'static str {
        "other"
    }
}

mod limited {
    use routekit::prelude::*;

    routekit::group! { rate_limit("1/h", per = "user", name = "hourly"), auth(optional) }

    #[get("/g/limited", public)]
    pub(super) async fn open() {}

    #[get("/g/limited/own", rate_limit("2/h"))]
    pub(super) async fn own() {}
}

const EDITOR: &str = "key-of-the-editor-0123";
const ADMIN: &str = "key-of-the-admin-01234";

fn app() -> App {
    let keys = ApiKeys::new()
        .key(EDITOR, Identity::new("ann").with_roles(["editor"]))
        .key(ADMIN, Identity::new("bob").with_roles(["admin"]));
    App::with_routes(routes![v2::articles, v2::write, v2::index, v2::admin::user, v20::other])
        .verifier(keys)
        .config(Config::default())
}

/// The settings of a route in `GET /routes`, as `timeout = 2s (group of suite::groups::v2)`.
fn setting(app: &str, route: &str, name: &str) -> String {
    let config = Config::builder().toml("routekit.toml", app).build().unwrap();
    let explanation = self::app().config(config).explain(route).unwrap();
    let step = explanation.steps.iter().find(|step| step.setting == name).unwrap();
    format!("{} ({})", step.value, step.origin.as_ref().unwrap())
}

#[tokio::test]
async fn routes_of_the_module_and_of_modules_inside_have_its_prefix_and_access() {
    let app = TestApp::new(app());
    let status = async |path: &str, key: &str| app.get(path).header("x-api-key", key).send().await.status();
    assert_eq!(app.get("/g/v2/articles").send().await.status(), 401);
    assert_eq!(status("/g/v2/articles", ADMIN).await, 403);
    assert_eq!(status("/g/v2/articles", EDITOR).await, 200);
    assert_eq!(status("/g/v2/admin/users/7", EDITOR).await, 403, "the inner group replaces the access");
    assert_eq!(status("/g/v2/admin/users/7", ADMIN).await, 200);
    assert_eq!(app.get("/g/v2").send().await.text(), "index", "the attribute wins, and `/` is the prefix itself");
    assert_eq!(app.get("/g/v20").send().await.text(), "other", "another module with a similar name");
    for path in ["/articles", "/admin/users/7", "/g/v2/g/v20"] {
        assert_eq!(status(path, EDITOR).await, 404, "{path}");
    }
}

#[tokio::test]
async fn settings_of_the_group_have_an_effect() {
    let app = TestApp::new(app());
    let post = app.post("/g/v2/articles").header("x-api-key", EDITOR);
    let answer = post.body("x".repeat(2000)).send().await;
    assert_eq!(answer.status(), 413);
    assert!(answer.headers().contains_key("deprecation"));
}

#[tokio::test]
async fn names_of_routes_have_the_prefix_of_the_group() {
    let app = TestApp::new(app().prefix("/api"));
    let get = async || app.get("/api/g/v2/articles").header("x-api-key", EDITOR).send().await;
    assert_eq!(get().await.header("x-cache"), Some("MISS"));
    assert_eq!(get().await.header("x-cache"), Some("HIT"));
    let written = app.post("/api/g/v2/articles").header("x-api-key", EDITOR).body("new").send().await;
    assert_eq!(written.status(), 200);
    assert_eq!(
        get().await.header("x-cache"),
        Some("MISS"),
        "`invalidate_on` names the route with the prefix of the group"
    );
}

#[test]
fn origins_name_the_group() {
    for (route, name, expected) in [
        ("GET /g/v2/articles", "timeout", "2s (group of suite::groups::v2)"),
        ("POST /g/v2/articles", "timeout", "5s (attribute)"),
        ("GET /g/v2/admin/users/{id}", "timeout", "2s (group of suite::groups::v2)"),
        ("GET /g/v2/admin/users/{id}", "slow", "1s (group of suite::groups::v2::admin)"),
        ("GET /g/v2/admin/users/{id}", "auth", "role admin (group of suite::groups::v2::admin)"),
        ("GET /g/v2/articles", "body_limit", "1KiB (group of suite::groups::v2)"),
        ("POST /g/v2/articles", "alert_error_rate", "0.01 (group of suite::groups::v2)"),
        ("POST /g/v2/articles", "alert_mean", "1s (attribute)"),
        ("GET /g/v2", "auth", "public (attribute)"),
        ("GET /g/v20", "auth", "public (default)"),
    ] {
        assert_eq!(setting("", route, name), expected, "{route} {name}");
    }
    let over = "timeout = \"9s\"\n[route.\"GET /g/v2/articles\"]\ntimeout = \"7s\"";
    assert_eq!(setting(over, "GET /g/v2/articles", "timeout"), "7s (routekit.toml)");
    assert_eq!(setting(over, "GET /g/v2/admin/users/{id}", "timeout"), "2s (group of suite::groups::v2)");
    assert_eq!(setting(over, "GET /g/v20", "timeout"), "9s (routekit.toml)");
}

#[test]
fn explanation_lists_groups_tags_and_version() {
    let explain = |route: &str| serde_json::to_value(app().explain(route).unwrap()).unwrap();
    let user = explain("GET /g/v2/admin/users/{id}");
    let groups: Vec<&str> = user["groups"].as_array().unwrap().iter().map(|group| group.as_str().unwrap()).collect();
    assert!(groups[0].starts_with("suite::groups::v2 (tests/suite/groups.rs:"), "{groups:?}");
    assert!(groups[0].ends_with("), prefix /g/v2"), "{groups:?}");
    assert!(groups[1].ends_with("), prefix /admin"), "{groups:?}");
    assert_eq!((&user["tags"], &user["version"]), (&serde_json::json!(["v2", "articles"]), &Value::from("2")));
    let write = explain("POST /g/v2/articles");
    assert_eq!((&write["tags"], &write["version"]), (&serde_json::json!(["writers"]), &Value::from("3")));
    let text = app().explain("GET /g/v2/admin/users/{id}").unwrap().to_string();
    assert!(text.contains("\n  group suite::groups::v2::admin ("), "{text}");
}

#[test]
fn routes_are_sorted_by_their_full_paths() {
    let app = app().table().unwrap();
    let paths: Vec<&str> = app.rows().iter().map(|row| &*row.path).collect();
    // Without their prefixes, `/` and `/articles` come before `/g/v20`, and `/users/{id}` after it.
    let sorted = ["/g/v2", "/g/v2/admin/users/{id}", "/g/v2/articles", "/g/v2/articles", "/g/v20"];
    assert_eq!(paths, sorted);
}

#[tokio::test]
async fn limit_of_the_group_is_replaced_by_that_of_a_route() {
    let keys = ApiKeys::new().key(EDITOR, Identity::new("ann"));
    let app =
        TestApp::new(App::with_routes(routes![limited::open, limited::own]).verifier(keys).config(Config::default()));
    let status = async |path: &str| app.get(path).send().await.status().as_u16();
    assert_eq!([status("/g/limited").await, status("/g/limited").await], [200, 429]);
    let own = "/g/limited/own";
    assert_eq!([status(own).await, status(own).await, status(own).await], [200, 200, 429]);
    let warnings = app.table().warnings();
    let [warning] = warnings else { panic!("{warnings:?}") };
    let expected = "has the limit `hourly` per user (group of suite::groups::limited) and does not authenticate";
    assert!(warning.starts_with("GET /g/limited (") && warning.contains(expected), "{warning}");
}

#[test]
fn route_that_is_named_without_the_prefix_of_its_group_is_suggested_with_it() {
    let error = |file: &str| {
        let config = Config::builder().toml("routekit.toml", file).build().unwrap();
        app().prefix("/internal").config(config).into_router().unwrap_err().to_string()
    };
    for (named, meant) in [
        ("GET /articles", "GET /internal/g/v2/articles"),
        ("GET /users/{id}", "GET /internal/g/v2/admin/users/{id}"),
        ("GET /g/v2/admin/users/{id}", "GET /internal/g/v2/admin/users/{id}"),
    ] {
        let error = error(&format!("[route.'{named}']\ntimeout = '1s'"));
        let expected = format!("names the route `{named}`, which the app does not have; did you mean `{meant}`?");
        assert!(error.contains(&expected), "{error}");
    }
    let error = error("[route.'DELETE /articles']\ntimeout = '1s'");
    assert!(!error.contains("did you mean"), "another method: {error}");
}
