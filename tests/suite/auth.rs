//! Authorisation of routes: attributes, app defaults, and the answers to refused clients.

use axum::{Router, routing::get};
use http::{Method, Request, request::Parts};
use routekit::{
    auth::{ApiKeys, Verifier, VerifyError},
    config::Config,
    identity::{Claims, NotIdentified},
    prelude::*,
    test::TestApp,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::logs;

#[get("/auth/undeclared")]
async fn undeclared(who: Option<Identity>) -> String {
    who.map_or_else(|| "anonymous".to_owned(), |who| who.sub().to_owned())
}

#[get("/auth/public", public)]
pub(crate) async fn open(who: Option<Identity>) -> String {
    who.map_or_else(|| "anonymous".to_owned(), |who| who.sub().to_owned())
}

#[get("/auth/optional", auth(optional))]
pub(crate) async fn optional(who: Option<Identity>) -> String {
    who.map_or_else(|| "anonymous".to_owned(), |who| who.sub().to_owned())
}

#[get("/auth/any", auth)]
pub(crate) async fn anybody(who: Identity) -> String {
    who.sub().to_owned()
}

#[get("/auth/scopes", auth(scope("a", "b")))]
async fn scopes() {}

#[get("/auth/role", auth(role("admin")))]
pub(crate) async fn role() {}

#[get("/auth/mixed", auth(scope("a"), any(role("admin"), permission("write"))))]
async fn mixed() {}

#[derive(Deserialize)]
struct Tenant {
    tenant: String,
    #[expect(dead_code, reason = "only what does not fit it matters")]
    plan: Option<Plan>,
}

#[derive(Deserialize)]
enum Plan {}

#[get("/auth/claims", auth)]
async fn claims(tenant: Claims<Tenant>, more: Option<Claims<Tenant>>) -> String {
    format!("{} {}", tenant.tenant, more.is_some())
}

/// Identifies the user that `x-user` names. `bad` is invalid, and `away` cannot be verified.
pub(crate) struct Header;

impl Verifier for Header {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        match request.headers.get("x-user").map(|user| user.to_str().unwrap()) {
            None => Ok(None),
            Some("bad") => Err(VerifyError::refused("it is bad")),
            Some("away") => Err(VerifyError::unavailable("no connection, password hunter2")),
            Some("slow") => std::future::pending().await,
            Some(user) => Ok(Some(Identity::new(user))),
        }
    }
}

fn app() -> App {
    App::with_routes(routes![undeclared, open, optional, anybody, scopes, role, mixed, claims]).verifier(Header)
}

#[tokio::test]
async fn access_of_a_route_decides_which_credentials_pass() {
    let app = TestApp::new(app());
    for (path, user, expected) in [
        ("/auth/undeclared", None, (200, "anonymous")),
        ("/auth/undeclared", Some("ann"), (200, "anonymous")),
        ("/auth/undeclared", Some("bad"), (200, "anonymous")),
        ("/auth/public", Some("ann"), (200, "anonymous")),
        ("/auth/public", Some("away"), (200, "anonymous")),
        ("/auth/optional", None, (200, "anonymous")),
        ("/auth/optional", Some("ann"), (200, "ann")),
        ("/auth/optional", Some("bad"), (401, "the credentials are not valid")),
        ("/auth/optional", Some("away"), (503, "credentials cannot be verified at the moment")),
        ("/auth/any", None, (401, "credentials are required")),
        ("/auth/any", Some("ann"), (200, "ann")),
        ("/auth/any", Some("bad"), (401, "the credentials are not valid")),
        ("/auth/any", Some("away"), (503, "credentials cannot be verified at the moment")),
        ("/auth/role", Some("ann"), (403, "missing: the role `admin`")),
    ] {
        let mut request = app.get(path);
        if let Some(user) = user {
            request = request.header("x-user", user);
        }
        let answer = request.send().await;
        let said = match answer.status().is_success() {
            true => answer.text().to_owned(),
            false => answer.json::<Value>()["detail"].as_str().unwrap().to_owned(),
        };
        assert_eq!((answer.status().as_u16(), said.as_str()), expected, "{path} {user:?}");
        assert!(!answer.text().contains("hunter2"), "{path} {user:?}");
    }
}

#[tokio::test]
async fn missing_grants_are_refused_and_named() {
    let app = TestApp::new(app());
    let who = || Identity::new("ann");
    for (name, path, who, missing) in [
        ("one of two scopes", "/auth/scopes", who().with_scopes(["a"]), Some("missing: the scope `b`")),
        ("no scope", "/auth/scopes", who(), Some("missing: the scope `a`; the scope `b`")),
        ("both", "/auth/scopes", who().with_scopes(["b", "a"]), None),
        ("a scope in capitals", "/auth/scopes", who().with_scopes(["a", "B"]), Some("missing: the scope `b`")),
        ("a scope of the role's name", "/auth/role", who().with_scopes(["admin"]), Some("missing: the role `admin`")),
        ("one of the alternatives", "/auth/mixed", who().with_scopes(["a"]).with_permissions(["write"]), None),
        ("the other", "/auth/mixed", who().with_scopes(["a"]).with_roles(["admin"]), None),
        (
            "neither",
            "/auth/mixed",
            who().with_scopes(["a"]).with_roles(["write"]),
            Some("missing: the role `admin` or the permission `write`"),
        ),
        ("an alternative alone", "/auth/mixed", who().with_roles(["admin"]), Some("missing: the scope `a`")),
    ] {
        let answer = app.get(path).identity(&who).send().await;
        let said = (!answer.bytes().is_empty()).then(|| answer.json::<Value>()["detail"].as_str().unwrap().to_owned());
        assert_eq!(said.as_deref(), missing, "{name}");
        assert_eq!(answer.status(), if missing.is_some() { 403 } else { 200 }, "{name}");
    }
}

#[tokio::test]
async fn refusals_carry_the_challenge_of_their_cause() {
    let bearer = TestApp::new(app());
    let keys = ApiKeys::new().key("0123456789abcdef", Identity::new("robot"));
    let keyed = TestApp::new(App::with_routes(routes![anybody, scopes]).verifier(keys));
    let challenge = async |app: &TestApp, path: &str, header: (&str, &str)| {
        let answer = app.get(path).header(header.0, header.1).send().await;
        (answer.status().as_u16(), answer.header("www-authenticate").map(str::to_owned))
    };
    let none = ("x-none", "");
    // RFC 6750 §3: no error code where the request brought no credentials.
    for (name, app, path, header, status, expected) in [
        ("no credentials", &bearer, "/auth/any", none, 401, Some(r#"Bearer realm="routekit""#)),
        (
            "bad ones",
            &bearer,
            "/auth/any",
            ("x-user", "bad"),
            401,
            Some(r#"Bearer realm="routekit", error="invalid_token""#),
        ),
        (
            "no scope",
            &bearer,
            "/auth/scopes",
            ("x-user", "ann"),
            403,
            Some(r#"Bearer realm="routekit", error="insufficient_scope", scope="a b""#),
        ),
        ("no role", &bearer, "/auth/role", ("x-user", "ann"), 403, None),
        ("a verifier that is unavailable", &bearer, "/auth/any", ("x-user", "away"), 503, None),
        ("no key", &keyed, "/auth/any", none, 401, Some(r#"ApiKey realm="routekit""#)),
        (
            "another key",
            &keyed,
            "/auth/any",
            ("x-api-key", "0123456789abcdeX"),
            401,
            Some(r#"ApiKey realm="routekit""#),
        ),
        ("a key without scopes", &keyed, "/auth/scopes", ("x-api-key", "0123456789abcdef"), 403, None),
    ] {
        assert_eq!(challenge(app, path, header).await, (status, expected.map(str::to_owned)), "{name}");
    }
}

#[tokio::test]
async fn claims_deserialize_into_a_type() {
    let app = TestApp::new(app());
    let ask = async |who: Identity| {
        let answer = app.get("/auth/claims").identity(&who).send().await;
        (answer.status().as_u16(), answer.text().to_owned())
    };
    assert_eq!(ask(Identity::new("ann").with_claim("tenant", "acme")).await, (200, "acme true".to_owned()));
    for (tenant, plan) in
        [(json!(7), json!(null)), (json!({ "name": "hunter2" }), json!(null)), (json!("acme"), json!("hunter2"))]
    {
        let who = Identity::new("ann").with_claim("tenant", tenant).with_claim("plan", plan);
        let (status, text) = ask(who.clone()).await;
        let (_, lines) = std::thread::scope(|scope| {
            let asked =
                || logs::caught(async { TestApp::new(self::app()).get("/auth/claims").identity(&who).send().await });
            scope.spawn(asked).join().unwrap()
        });
        assert!(!format!("{lines:?}").contains("hunter2"), "{lines:?}");
        assert_eq!(status, 403);
        assert!(!text.contains("hunter2") && text.contains("lack claims"), "{text}");
    }
}

#[tokio::test]
async fn identity_extractor_outside_an_app_refuses() {
    use tower::ServiceExt;
    let refusal = async |who: Result<Identity, NotIdentified>| who.err().unwrap().to_string();
    let router: Router = Router::new().route("/who", get(async |_: Identity| ())).route("/refused", get(refusal));
    let ask = async |path: &str| {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    };
    let answer = ask("/who").await;
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("www-authenticate")), (401, true));
    assert_eq!(ask("/refused").await.status(), 200);
}

#[tokio::test]
async fn a_forgotten_annotation_fails_closed() {
    let by_hand = || Router::new().route("/by-hand", get(async || "by hand"));
    let app = app().require_auth().merge(by_hand()).nest("/nested", by_hand());
    let app = TestApp::new(
        app.nest_public("/assets", by_hand()).merge_public(Router::new().route("/icon", get(async || ()))),
    );
    for (path, anonymous, ann) in [
        ("/auth/undeclared", 401, 200),
        ("/auth/public", 200, 200),
        ("/auth/optional", 200, 200),
        ("/auth/any", 401, 200),
        ("/auth/role", 401, 403),
        ("/by-hand", 401, 200),
        ("/nested/by-hand", 401, 200),
        ("/assets/by-hand", 200, 200),
        ("/icon", 200, 200),
        ("/health/live", 200, 200),
        ("/health/ready", 200, 200),
        ("/nothing", 404, 404),
    ] {
        assert_eq!(app.get(path).send().await.status(), anonymous, "without credentials: {path}");
        assert_eq!(app.get(path).header("x-user", "ann").send().await.status(), ann, "ann {path}");
        // HEAD is GET without its content.
        assert_eq!(app.request(Method::HEAD, path).send().await.status(), anonymous, "HEAD {path}");
    }
    let table = app.table().to_string();
    assert!(table.contains("undeclared  auth = identified (code)"), "{table}");
    assert!(table.contains("open        auth = public\n"), "{table}");
    assert!(table.contains("mixed       auth = scope a, role admin or permission write\n"), "{table}");
    let explained = app.table().explain("GET /auth/undeclared").unwrap().to_string();
    assert!(explained.contains("    auth              auth = identified (code)\n"), "{explained}");
}

#[test]
fn auth_without_a_verifier_is_a_startup_error() {
    let error = |app: App| app.config(Config::default()).into_router().err().map(|error| error.to_string());
    let wanted = error(App::with_routes(routes![open, anybody, optional])).unwrap();
    assert!(
        wanted.contains("no verifier checks credentials") && wanted.contains("GET /auth/any (tests/suite/auth.rs:"),
        "{wanted}"
    );
    assert!(wanted.contains("GET /auth/optional") && !wanted.contains("GET /auth/public"), "{wanted}");
    let closed = error(App::with_routes(routes![open]).require_auth()).unwrap();
    assert!(closed.contains("Required by `.require_auth()`"), "{closed}");
    assert_eq!(error(App::with_routes(routes![open, undeclared])), None);
    assert_eq!(error(App::with_routes(routes![anybody]).identify(async |_| None)), None);

    let keys = ApiKeys::new().key("hunter2", Identity::new("robot")).digest("abc", Identity::new("other"));
    let wrong = error(App::with_routes(routes![open]).verifier(keys)).unwrap();
    assert!(wrong.contains("API keys in `x-api-key`: the key of `robot` must have 16 to 1024"), "{wrong}");
    assert!(wrong.contains("the digest of `other`") && !wrong.contains("hunter2"), "{wrong}");

    let role = App::with_routes(routes![open]).configure(|config| config.set_admin_role(Some("operator".to_owned())));
    let role = error(role).unwrap();
    assert!(role.contains("`admin_role` (code) is `operator`: no verifier checks credentials"), "{role}");
}

#[get("/auth/knows")]
async fn knows(_who: Identity) {}

#[get("/auth/knows-more")]
async fn knows_more(_claims: Claims<Tenant>, _who: Option<Identity>) {}

#[test]
fn identity_in_an_open_route_is_a_startup_error() {
    let error = App::with_routes(routes![knows, knows_more, undeclared]).config(Config::default()).into_router();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("take an `Identity` and are open to everyone"), "{error}");
    assert!(error.contains("GET /auth/knows (") && error.contains("GET /auth/knows-more ("), "{error}");
    assert!(!error.contains("undeclared"), "{error}");
    let closed = App::with_routes(routes![knows, knows_more]).require_auth().identify(async |_| None);
    assert!(closed.config(Config::default()).into_router().is_ok(), "a closed app admits identified clients only");
}

/// An extractor that handles a missing identity itself.
#[get("/auth/either")]
async fn either(who: Result<Identity, NotIdentified>) -> String {
    who.map_or_else(|refusal| refusal.to_string(), |who| who.sub().to_owned())
}

#[tokio::test]
async fn extractor_handles_a_missing_identity_itself() {
    let app = TestApp::new(App::with_routes(routes![either, undeclared, anybody]).identify(async |_| None));
    assert_eq!(app.get("/auth/either").send().await.text(), "credentials are required");
    let statuses = |handler: &str| {
        let row = app.table().rows().iter().find(|row| row.meta.handler() == handler).unwrap();
        row.description.inputs[0].statuses.clone()
    };
    assert_eq!((statuses("either"), statuses("undeclared"), statuses("anybody")), (vec![], vec![], vec![401]));
}

#[tokio::test]
async fn refusals_are_counted_by_reason() {
    let app = TestApp::new(app());
    app.get("/auth/role").send().await;
    app.get("/auth/role").header("x-user", "ann").send().await;
    app.get("/auth/role").identity(&Identity::new("ann").with_roles(["admin"])).send().await;
    let metrics = app.metrics();
    let counted = r#"routekit_policy_answers_total{http_request_method="GET",http_route="/auth/role",policy="auth"} 2"#;
    assert!(metrics.contains(counted), "{metrics}");
}

#[test]
fn refusal_reasons_are_logged_and_not_sent() {
    let ann = Identity::new("ann").with_claim("tenant", 7);
    for (name, path, user, who, expected) in [
        ("refused", "/auth/any", Some("bad"), None, "error=the credentials are not valid: it is bad"),
        ("by whom", "/auth/any", Some("bad"), None, r#"verifier="suite::auth::Header""#),
        (
            "the verifier is unavailable",
            "/auth/any",
            Some("away"),
            None,
            "error=the credentials cannot be verified: no connection, ",
        ),
        ("nothing is brought", "/auth/any", None, None, "message=no credentials that any verifier reads"),
        ("who lacks what", "/auth/role", None, Some(&ann), r#"why="missing: the role `admin`""#),
        ("who it is that lacks it", "/auth/role", None, Some(&ann), "sub=ann"),
        ("what does not fit", "/auth/claims", None, Some(&ann), r#"why="a claim has another type or value""#),
        ("what is missing", "/auth/claims", None, Some(&Identity::new("bob")), r#"why="missing field `tenant`""#),
    ] {
        let (answer, lines) = logs::caught(async {
            let request = TestApp::new(app()).get(path);
            let request = if let Some(user) = user { request.header("x-user", user) } else { request };
            if let Some(who) = who { request.identity(who) } else { request }.send().await
        });
        assert!(!answer.text().contains("it is bad") && !answer.text().contains("field"), "{name}: {}", answer.text());
        let mut fields = lines.iter().filter(|line| line.of == "routekit::auth").flat_map(|line| &line.fields);
        assert!(fields.any(|field| field.starts_with(expected)), "{name}: {lines:?}");
    }
}
