//! Who may call a route: what attributes say, what the app says, and who finds out.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, middleware, routing::get};
use http::{Method, Request, request::Parts};
use routekit::{
    auth::{ApiKeyDigest, ApiKeys, Verifier, VerifyError},
    config::{AdminAddr, Config, Secret},
    identity::{Claims, NotIdentified},
    prelude::*,
    test::TestApp,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::logs;

#[get("/auth/undeclared")]
async fn undeclared(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.sub().to_owned())
}

#[get("/auth/public", public)]
async fn open(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.sub().to_owned())
}

#[get("/auth/optional", auth(optional))]
async fn optional(who: Option<Identity>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| who.sub().to_owned())
}

#[get("/auth/any", auth)]
async fn anybody(who: Identity) -> String {
    who.sub().to_owned()
}

#[get("/auth/scopes", auth(scope("a", "b")))]
async fn scopes() {}

#[get("/auth/role", auth(role("admin")))]
async fn role() {}

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

/// Names whoever `x-user` names; `bad` is nobody, and of `away` nothing can be said.
struct Header;

impl Verifier for Header {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        match request.headers.get("x-user").map(|user| user.to_str().unwrap()) {
            None => Ok(None),
            Some("bad") => Err(VerifyError::refused("it is bad")),
            Some("away") => Err(VerifyError::unavailable("nobody is there, password hunter2")),
            Some("slow") => std::future::pending().await,
            Some(user) => Ok(Some(Identity::new(user))),
        }
    }
}

fn app() -> App {
    App::with_routes(routes![undeclared, open, optional, anybody, scopes, role, mixed, claims]).verifier(Header)
}

#[tokio::test]
async fn who_is_asked_for_what() {
    let app = TestApp::new(app());
    for (path, user, expected) in [
        ("/auth/undeclared", None, (200, "nobody")),
        ("/auth/undeclared", Some("ann"), (200, "nobody")),
        ("/auth/undeclared", Some("bad"), (200, "nobody")),
        ("/auth/public", Some("ann"), (200, "nobody")),
        ("/auth/public", Some("away"), (200, "nobody")),
        ("/auth/optional", None, (200, "nobody")),
        ("/auth/optional", Some("ann"), (200, "ann")),
        ("/auth/optional", Some("bad"), (401, "the credentials are not valid")),
        ("/auth/optional", Some("away"), (503, "credentials cannot be verified at the moment")),
        ("/auth/any", None, (401, "credentials are needed")),
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
async fn what_must_be_granted() {
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
async fn challenges() {
    let bearer = TestApp::new(app());
    let keys = ApiKeys::new().key("0123456789abcdef", Identity::new("robot"));
    let keyed = TestApp::new(App::with_routes(routes![anybody, scopes]).verifier(keys));
    let challenge = async |app: &TestApp, path: &str, header: (&str, &str)| {
        let answer = app.get(path).header(header.0, header.1).send().await;
        (answer.status().as_u16(), answer.header("www-authenticate").map(str::to_owned))
    };
    let none = ("x-none", "");
    // RFC 6750 §3: no code where no credentials were brought.
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
        ("nobody knows", &bearer, "/auth/any", ("x-user", "away"), 503, None),
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
async fn the_code_is_for_the_scheme_that_was_refused() {
    let keys = ApiKeys::new().key("0123456789abcdef", Identity::new("robot"));
    let app = TestApp::new(App::with_routes(routes![anybody]).verifier(keys).verifier(Header));
    let challenges = async |header: (&str, &str)| {
        let answer = app.get("/auth/any").header(header.0, header.1).send().await;
        let all = answer.headers().get_all("www-authenticate").iter();
        all.map(|challenge| challenge.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        challenges(("x-api-key", "wrong")).await,
        [r#"ApiKey realm="routekit""#],
        "a verifier without a scheme asks for none"
    );
    let both = App::with_routes(routes![anybody]).verifier(Bearing);
    let both = TestApp::new(both.verifier(ApiKeys::new().key("0123456789abcdef", Identity::new("robot"))));
    for (name, header, bearer) in [
        ("the key", ("x-api-key", "wrong"), r#"Bearer realm="routekit""#),
        ("the token", ("authorization", "x"), r#"Bearer realm="routekit", error="invalid_token""#),
        ("nothing", ("x-none", ""), r#"Bearer realm="routekit""#),
    ] {
        let answer = both.get("/auth/any").header(header.0, header.1).send().await;
        let all: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
        assert_eq!(all, [bearer, r#"ApiKey realm="routekit""#], "{name}");
    }
}

/// Refuses whatever is in `Authorization`.
struct Bearing;

impl Verifier for Bearing {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        match request.headers.contains_key("authorization") {
            true => Err(VerifyError::refused("a token")),
            false => Ok(None),
        }
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("Bearer")
    }
}

#[tokio::test]
async fn a_key_is_its_client() {
    let keys = ApiKeys::new().key("0123456789abcdef", Identity::new("robot")).header("x-machine".parse().unwrap());
    let debug = format!("{keys:?}");
    assert!(!debug.contains("0123456789abcdef"), "{debug}");
    let app = TestApp::new(App::with_routes(routes![anybody]).verifier(keys));
    let ask = async |values: &[&str]| {
        let request = values.iter().fold(app.get("/auth/any"), |request, value| request.header("x-machine", value));
        request.send().await.status().as_u16()
    };
    assert_eq!(ask(&["0123456789abcdef"]).await, 200);
    for (name, values) in [
        ("none", &[] as &[&str]),
        ("empty", &[""]),
        ("another", &["0123456789abcdeg"]),
        ("longer", &["0123456789abcdef0"]),
        ("shorter", &["0123456789abcde"]),
        ("its digest", &["9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f"]),
        ("twice", &["0123456789abcdef", "0123456789abcdef"]),
        ("very long", &[&"a".repeat(100_000)]),
    ] {
        assert_eq!(ask(values).await, 401, "{name}");
    }
    // On a plain router nobody looks at what is wrong with them.
    let empty =
        ApiKeys::new().key("", Identity::new("robot")).digest(&ApiKeyDigest::of(b"").to_string(), Identity::new("r"));
    let request = Request::get("/").header("x-api-key", "").body(()).unwrap().into_parts().0;
    assert!(Verifier::verify(&empty, &request).await.is_err(), "nothing is no key");
    let there = app.get("/auth/any").header("x-api-key", "0123456789abcdef").send().await;
    assert_eq!(there.status(), 401, "another header is no credential");
}

/// Counts who asks it, and knows nobody.
struct Counting(Arc<AtomicUsize>);

impl Verifier for Counting {
    async fn verify(&self, _: &Parts) -> Result<Option<Identity>, VerifyError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }
}

#[tokio::test]
async fn verifiers_are_asked_in_order_and_only_where_somebody_wants_to_know() {
    let asked = Arc::new(AtomicUsize::new(0));
    let app = App::with_routes(routes![open, anybody]).verifier(Counting(Arc::clone(&asked))).verifier(Header);
    let app = TestApp::new(app.verifier(Counting(Arc::clone(&asked))));
    for (name, path, user, expected) in [
        ("public", "/auth/public", "ann", 0),
        ("known by the second", "/auth/any", "ann", 1),
        ("refused by the second", "/auth/any", "bad", 2),
        ("in the request already", "/auth/any", "", 0),
    ] {
        asked.store(0, Ordering::Relaxed);
        let request = app.get(path);
        let request =
            if user.is_empty() { request.identity(&Identity::new("eve")) } else { request.header("x-user", user) };
        request.send().await;
        assert_eq!(asked.load(Ordering::Relaxed), expected, "{name}");
    }
}

/// Knows whoever the first does not.
struct Second;

impl Verifier for Second {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        Ok(request.headers.contains_key("x-second").then(|| Identity::new("second")))
    }
}

#[tokio::test]
async fn the_first_that_knows_is_believed() {
    let app = TestApp::new(App::with_routes(routes![anybody]).verifier(Header).verifier(Second));
    for (name, user, second, expected) in [
        ("both", Some("ann"), true, (200, "ann")),
        ("the second", None, true, (200, "second")),
        ("the first refuses", Some("bad"), true, (200, "second")),
        ("the first cannot tell", Some("away"), true, (200, "second")),
        ("the first refuses, nobody else knows", Some("bad"), false, (401, "")),
        ("neither", None, false, (401, "")),
    ] {
        let mut request = app.get("/auth/any");
        if let Some(user) = user {
            request = request.header("x-user", user);
        }
        if second {
            request = request.header("x-second", "");
        }
        let answer = request.send().await;
        let text = if answer.status().is_success() { answer.text() } else { "" };
        assert_eq!((answer.status().as_u16(), text), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_verifier_that_hangs() {
    let start = tokio::time::Instant::now();
    // Two of them take no longer than one.
    let app = App::with_routes(routes![anybody]).verifier(Header).verifier(Header);
    let answer = TestApp::new(app).get("/auth/any").header("x-user", "slow").send().await;
    assert_eq!(answer.status(), 503);
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn claims_as_a_type() {
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
async fn an_extractor_without_an_app() {
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
async fn what_a_layer_found_out() {
    #[derive(Clone)]
    struct User(String);
    let layer = middleware::from_fn(async |mut request: axum::extract::Request, next: middleware::Next| {
        if let Some(user) = request.headers().get("x-session") {
            let user = User(user.to_str().unwrap().to_owned());
            request.extensions_mut().insert(user);
        }
        next.run(request).await
    });
    let app = App::with_routes(routes![anybody, role]).layer(layer).identify(async |request| {
        let user = request.extensions.get::<User>()?;
        Some(Identity::new(&user.0).with_roles((user.0 == "ann").then_some("admin")))
    });
    let app = TestApp::new(app);
    for (path, session, expected) in [
        ("/auth/any", None, 401),
        ("/auth/any", Some("bob"), 200),
        ("/auth/role", Some("bob"), 403),
        ("/auth/role", Some("ann"), 200),
    ] {
        let mut request = app.get(path);
        if let Some(session) = session {
            request = request.header("x-session", session);
        }
        assert_eq!(request.send().await.status(), expected, "{path} {session:?}");
    }
}

#[tokio::test]
async fn a_forgotten_annotation_fails_closed() {
    let by_hand = || Router::new().route("/by-hand", get(async || "by hand"));
    let app = app().require_auth().merge(by_hand()).nest("/nested", by_hand());
    let app = TestApp::new(
        app.nest_public("/assets", by_hand()).merge_public(Router::new().route("/icon", get(async || ()))),
    );
    for (path, nobody, ann) in [
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
        assert_eq!(app.get(path).send().await.status(), nobody, "nobody {path}");
        assert_eq!(app.get(path).header("x-user", "ann").send().await.status(), ann, "ann {path}");
        // HEAD is GET without its content.
        assert_eq!(app.request(Method::HEAD, path).send().await.status(), nobody, "HEAD {path}");
    }
    let table = app.table().to_string();
    assert!(table.contains("undeclared  auth = identified (code)"), "{table}");
    assert!(table.contains("open        auth = public\n"), "{table}");
    assert!(table.contains("mixed       auth = scope a, role admin or permission write\n"), "{table}");
    let explained = app.table().explain("GET /auth/undeclared").unwrap().to_string();
    assert!(explained.contains("    auth              auth = identified (code)\n"), "{explained}");
}

#[test]
fn nobody_finds_out() {
    let error = |app: App| app.config(Config::default()).into_router().err().map(|error| error.to_string());
    let wanted = error(App::with_routes(routes![open, anybody, optional])).unwrap();
    assert!(
        wanted.contains("nobody verifies credentials") && wanted.contains("GET /auth/any (tests/suite/auth.rs:"),
        "{wanted}"
    );
    assert!(wanted.contains("GET /auth/optional") && !wanted.contains("GET /auth/public"), "{wanted}");
    let closed = error(App::with_routes(routes![open]).require_auth()).unwrap();
    assert!(closed.contains("`.require_auth()` wants it"), "{closed}");
    assert_eq!(error(App::with_routes(routes![open, undeclared])), None);
    assert_eq!(error(App::with_routes(routes![anybody]).identify(async |_| None)), None);

    let keys = ApiKeys::new().key("hunter2", Identity::new("robot")).digest("abc", Identity::new("other"));
    let wrong = error(App::with_routes(routes![open]).verifier(keys)).unwrap();
    assert!(wrong.contains("API keys in `x-api-key`: the key of `robot` has not 16 to 1024"), "{wrong}");
    assert!(wrong.contains("the digest of `other`") && !wrong.contains("hunter2"), "{wrong}");

    let role =
        App::with_routes(routes![open]).configure(|config| config.admin_role = Some("operator".to_owned()).into());
    let role = error(role).unwrap();
    assert!(role.contains("`admin_role` (code) is `operator`: nobody verifies credentials"), "{role}");
}

#[get("/auth/knows")]
async fn knows(_who: Identity) {}

#[get("/auth/knows-more")]
async fn knows_more(_claims: Claims<Tenant>, _who: Option<Identity>) {}

#[test]
fn who_lets_everybody_in_knows_nobody() {
    let error = App::with_routes(routes![knows, knows_more, undeclared]).config(Config::default()).into_router();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("take an `Identity` and let everybody in"), "{error}");
    assert!(error.contains("GET /auth/knows (") && error.contains("GET /auth/knows-more ("), "{error}");
    assert!(!error.contains("undeclared"), "{error}");
    let closed = App::with_routes(routes![knows, knows_more]).require_auth().identify(async |_| None);
    assert!(closed.config(Config::default()).into_router().is_ok(), "an app that is closed lets nobody in");
}

#[tokio::test]
async fn refusals_are_counted() {
    let app = TestApp::new(app());
    app.get("/auth/role").send().await;
    app.get("/auth/role").header("x-user", "ann").send().await;
    app.get("/auth/role").identity(&Identity::new("ann").with_roles(["admin"])).send().await;
    let metrics = app.metrics();
    let counted = r#"routekit_policy_answers_total{http_request_method="GET",http_route="/auth/role",policy="auth"} 2"#;
    assert!(metrics.contains(counted), "{metrics}");
}

#[test]
fn why_is_for_the_log() {
    let ann = Identity::new("ann").with_claim("tenant", 7);
    for (name, path, user, who, expected) in [
        ("refused", "/auth/any", Some("bad"), None, "error=the credentials are not valid: it is bad"),
        ("by whom", "/auth/any", Some("bad"), None, r#"verifier="suite::auth::Header""#),
        (
            "nobody can say",
            "/auth/any",
            Some("away"),
            None,
            "error=the credentials cannot be verified: nobody is there, ",
        ),
        ("nothing is brought", "/auth/any", None, None, "message=no credentials that any verifier reads"),
        ("who lacks what", "/auth/role", None, Some(&ann), r#"why="missing: the role `admin`""#),
        ("who it is that lacks it", "/auth/role", None, Some(&ann), "sub=ann"),
        ("what does not fit", "/auth/claims", None, Some(&ann), r#"why="a claim of another type or value""#),
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

const TOKEN: &str = "0123456789abcdef";

fn operated(token: bool, role: bool) -> TestApp {
    let app = App::with_routes(routes![anybody]).verifier(Operator).configure(move |config| {
        config.admin_token = token.then(|| Secret::new(TOKEN)).into();
        config.admin_role = role.then(|| "operator".to_owned()).into();
    });
    TestApp::new(app).admin()
}

/// Whoever `x-user` names, an operator if the name begins with `op`.
struct Operator;

impl Verifier for Operator {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        let Some(user) = request.headers.get("x-user").map(|user| user.to_str().unwrap()) else { return Ok(None) };
        let user = user.replace("\\n", "\n");
        if user == "bad" {
            return Err(VerifyError::refused("it is bad"));
        }
        let operator = user.starts_with("op").then_some("operator");
        Ok(Some(Identity::new(user).with_roles(operator)))
    }
}

#[tokio::test]
async fn operators_by_role() {
    let change = async |app: &TestApp, header: (&str, &str)| {
        app.put("/access-log").body("all").header(header.0, header.1).send().await.status().as_u16()
    };
    let bearer = format!("Bearer {TOKEN}");
    let (token, nobody) = (("authorization", bearer.as_str()), ("x-none", ""));
    let user = |name| ("x-user", name);
    for (name, app, header, expected) in [
        ("neither", operated(false, false), user("op"), 405),
        ("a token, and a role is brought", operated(true, false), user("op"), 401),
        ("a token", operated(true, false), token, 204),
        ("a role", operated(false, true), user("op"), 204),
        ("a role, and nobody comes", operated(false, true), nobody, 401),
        ("a role, and a bad one comes", operated(false, true), user("bad"), 401),
        ("a role, and another comes", operated(false, true), user("ann"), 403),
        ("a role, and a token is brought", operated(false, true), token, 401),
        ("both, by token", operated(true, true), token, 204),
        ("both, by role", operated(true, true), user("op"), 204),
        ("both, by neither", operated(true, true), user("ann"), 403),
    ] {
        assert_eq!(change(&app, header).await, expected, "{name}");
        let mode = app.get("/access-log").send().await.json::<Value>()["mode"].clone();
        assert_eq!(mode, if expected == 204 { "all" } else { "errors" }, "{name}");
    }
    let app = operated(false, true);
    let by = async |who: Identity| app.put("/access-log").body("all").identity(&who).send().await.status().as_u16();
    assert_eq!(by(Identity::new("ann")).await, 403, "whoever is in the request already is believed");
    assert_eq!(by(Identity::new("ann").with_roles(["operator"])).await, 204);
    let wrong = App::with_routes(routes![open]).configure(|config| config.admin_role = Some(" ".to_owned()).into());
    let wrong = wrong.verifier(Header).config(Config::default()).into_router().unwrap_err().to_string();
    assert!(wrong.contains("`admin_role` (code) is ` `: no name of a role"), "{wrong}");
}

#[tokio::test]
async fn the_admin_surface_of_a_closed_app() {
    let app = |addr: AdminAddr, token: bool| {
        App::with_routes(routes![anybody]).verifier(Operator).require_auth().config(Config::default()).configure(
            move |config| {
                config.admin_addr = addr.into();
                config.admin_token = token.then(|| Secret::new(TOKEN)).into();
            },
        )
    };
    let main = TestApp::new(app(AdminAddr::Main, true));
    for path in ["/metrics", "/routes", "/readiness", "/access-log"] {
        assert_eq!(main.get(path).send().await.status(), 401, "{path}");
        assert_eq!(main.get(path).header("x-user", "ann").send().await.status(), 401, "{path} for somebody else");
        let operator = main.get(path).header("authorization", &format!("Bearer {TOKEN}"));
        assert_eq!(operator.send().await.status(), 200, "{path} for an operator");
    }
    assert_eq!(main.put("/access-log").body("all").send().await.status(), 401);
    let put = main.put("/access-log").body("all").header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(put.send().await.status(), 204);
    let apart = TestApp::new(app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), false)).admin();
    assert_eq!(apart.get("/routes").send().await.status(), 200, "elsewhere it is open to whoever reaches it");
    let error = app(AdminAddr::Main, false).into_router().unwrap_err().to_string();
    assert!(error.contains("`admin_addr` (code) is `main`: with `.require_auth()`"), "{error}");
}

/// Panics, or never ends.
struct Broken;

impl Verifier for Broken {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        assert!(!request.headers.contains_key("x-panic"), "this verifier is broken");
        std::future::pending().await
    }
}

#[test]
fn a_line_for_a_call_that_ends_early() {
    let admin = || {
        let app = App::with_routes(routes![anybody]).verifier(Broken).configure(|config| {
            config.admin_token = Some(Secret::new(TOKEN)).into();
            config.admin_role = Some("operator".to_owned()).into();
        });
        TestApp::new(app).admin()
    };
    let endless = || axum::body::Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, Infallible>>());
    let bearer = format!("Bearer {TOKEN}");
    for (name, header, seconds, expected) in [
        ("the verifier panics", ("x-panic", ""), 60, &["actor=\"nobody\""] as &[_]),
        ("the client leaves while it is verified", ("x-none", ""), 1, &["actor=\"nobody\""]),
        ("the client leaves while it sends", ("authorization", &bearer), 1, &["actor=\"token\""]),
        ("the client sends for ever", ("authorization", &bearer), 60, &["actor=\"token\"", "status=504"]),
    ] {
        let (_, lines) = logs::caught(async {
            tokio::time::pause();
            let call = admin().put("/access-log").body(endless()).header(header.0, header.1).send();
            tokio::time::timeout(Duration::from_secs(seconds), call).await.is_ok()
        });
        let audit: Vec<_> = lines.iter().filter(|line| line.of == "routekit::audit").collect();
        assert_eq!(audit.len(), 1, "{name}: {lines:?}");
        for field in expected {
            assert!(audit[0].fields.iter().any(|has| has == field), "{name}: {field} in {audit:?}");
        }
    }
}

#[test]
fn one_line_for_each_call() {
    let bearer = format!("Bearer {TOKEN}");
    let rows: [(&str, (&str, &str), &str, &[&str]); 5] = [
        (
            "by token",
            ("authorization", &bearer),
            "all",
            &[
                "actor=\"token\"",
                "client=127.0.0.1:0",
                "method=PUT",
                "path=\"/access-log\"",
                "status=204",
                "before=\"errors\"",
                "after=\"all\"",
            ],
        ),
        ("by role", ("x-user", "op"), "all", &["actor=\"identity\"", "sub=op", "status=204"]),
        (
            "a name with a line break",
            ("x-user", "op\\nactor=token"),
            "all",
            &["actor=\"identity\"", "sub=op\\nactor=token", "status=204"],
        ),
        ("nobody", ("x-none", ""), "all", &["actor=\"nobody\"", "status=401"]),
        ("no such mode", ("authorization", &bearer), "hunter2", &["actor=\"token\"", "status=422"]),
    ];
    for (name, header, body, expected) in rows {
        let (_, lines) = logs::caught(async {
            operated(true, true).put("/access-log").body(body.to_owned()).header(header.0, header.1).send().await
        });
        let audit: Vec<_> = lines.iter().filter(|line| line.of == "routekit::audit").collect();
        assert_eq!(audit.len(), 1, "{name}: {lines:?}");
        for field in expected {
            assert!(audit[0].fields.iter().any(|has| has == field), "{name}: {field} in {audit:?}");
        }
        assert!(
            !format!("{lines:?}").contains(TOKEN) && !format!("{lines:?}").contains("hunter2"),
            "{name}: {lines:?}"
        );
    }
    let (_, lines) = logs::caught(async { operated(true, true).get("/access-log").send().await });
    assert!(lines.iter().all(|line| line.of != "routekit::audit"), "reading changes nothing");
}
