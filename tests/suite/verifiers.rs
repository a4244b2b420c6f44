//! Verifiers: API keys, layers, custom verifiers, and several of them together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::middleware;
use http::{Request, request::Parts};
use routekit::{
    auth::{ApiKeyDigest, ApiKeys, Verifier, VerifierContext, VerifyError},
    config::Config,
    prelude::*,
    test::TestApp,
};

use crate::auth::{Header, anybody, open, optional, role};

#[tokio::test]
async fn api_key_identifies_its_client() {
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
    // On a plain router, invalid keys are not reported at start-up.
    let empty =
        ApiKeys::new().key("", Identity::new("robot")).digest(&ApiKeyDigest::of(b"").to_string(), Identity::new("r"));
    let request = Request::get("/").header("x-api-key", "").body(()).unwrap().into_parts().0;
    assert!(Verifier::verify(&empty, &request).await.is_err(), "nothing is no key");
    let there = app.get("/auth/any").header("x-api-key", "0123456789abcdef").send().await;
    assert_eq!(there.status(), 401, "another header is no credential");
}

/// Counts calls, and identifies no client.
struct Counting(Arc<AtomicUsize>);

impl Verifier for Counting {
    async fn verify(&self, _: &Parts) -> Result<Option<Identity>, VerifyError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }
}

#[tokio::test]
async fn verifiers_run_in_order_and_only_where_needed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let app = App::with_routes(routes![open, anybody]).verifier(Counting(Arc::clone(&asked))).verifier(Header);
    let app = TestApp::new(app.verifier(Counting(Arc::clone(&asked))));
    for (name, path, user, expected) in [
        ("public", "/auth/public", "ann", 0),
        ("known by the second", "/auth/any", "ann", 1),
        ("refused by the second", "/auth/any", "bad", 1),
        ("known by none", "/auth/any", "-", 2),
        ("in the request already", "/auth/any", "", 0),
    ] {
        asked.store(0, Ordering::Relaxed);
        let request = app.get(path);
        let request = match user {
            "" => request.identity(&Identity::new("eve")),
            "-" => request,
            user => request.header("x-user", user),
        };
        request.send().await;
        assert_eq!(asked.load(Ordering::Relaxed), expected, "{name}");
    }
}

/// Identifies the clients that the first verifier does not.
struct Second;

impl Verifier for Second {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        Ok(request.headers.contains_key("x-second").then(|| Identity::new("second")))
    }
}

#[tokio::test]
async fn first_verifier_that_decides_wins() {
    let app = TestApp::new(App::with_routes(routes![anybody]).verifier(Header).verifier(Second));
    for (name, user, second, expected) in [
        ("both", Some("ann"), true, (200, "ann")),
        ("the second", None, true, (200, "second")),
        ("the first refuses", Some("bad"), true, (401, "")),
        ("the first cannot tell", Some("away"), true, (503, "")),
        ("the first refuses, and no other decides", Some("bad"), false, (401, "")),
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

#[tokio::test]
async fn refused_credentials_beside_a_valid_session_are_401() {
    let session = async |request: &Parts| {
        let cookie = request.headers.get("cookie")?;
        (cookie == "session=1").then(|| Identity::new("ann"))
    };
    let keys = ApiKeys::new().key("0123456789abcdef", Identity::new("robot"));
    // The order does not matter: verifiers that use no cookies run first.
    let app = App::with_routes(routes![anybody, optional]).identify(session).verifier(Bearing).verifier(keys);
    let app = TestApp::new(app);
    for (name, header, value, expected) in [
        ("only the session", "x-none", "", (200, "ann")),
        ("a valid key", "x-api-key", "0123456789abcdef", (200, "robot")),
        ("a wrong key", "x-api-key", "0123456789abcdeg", (401, "")),
        ("a wrong token", "authorization", "Bearer x", (401, "")),
    ] {
        for path in ["/auth/any", "/auth/optional"] {
            let answer = app.get(path).header("cookie", "session=1").header(header, value).send().await;
            let text = if answer.status().is_success() { answer.text() } else { "" };
            assert_eq!((answer.status().as_u16(), text), expected, "{path} with {name}");
        }
    }
}

/// Identifies the clients of keys in a database, with or without the scheme of [`ApiKeys`].
struct KeysInDatabase(Option<&'static str>);

impl Verifier for KeysInDatabase {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        match request.headers.get("x-api-key").map(|key| key.as_bytes()) {
            None => Ok(None),
            Some(b"fedcba9876543210") => Ok(Some(Identity::new("stored"))),
            Some(_) => Err(VerifyError::refused("no such key")),
        }
    }

    fn scheme(&self) -> Option<&'static str> {
        self.0
    }
}

#[tokio::test]
async fn verifiers_of_one_scheme_read_the_same_credentials() {
    for (scheme, expected) in [(Some("apikey"), 200), (None, 401), (Some("Bearer"), 401)] {
        let keys = ApiKeys::new().key("0123456789abcdef", Identity::new("robot"));
        let app = App::with_routes(routes![anybody]).verifier(keys).verifier(KeysInDatabase(scheme));
        let app = TestApp::new(app);
        for (key, expected) in [("0123456789abcdef", 200), ("fedcba9876543210", expected), ("0123456789", 401)] {
            let answer = app.get("/auth/any").header("x-api-key", key).send().await;
            assert_eq!(answer.status(), expected, "{key} with {scheme:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_verifier_is_503() {
    let start = tokio::time::Instant::now();
    // Two hanging verifiers take no longer than one.
    let app = App::with_routes(routes![anybody]).verifier(Header).verifier(Header);
    let answer = TestApp::new(app).get("/auth/any").header("x-user", "slow").send().await;
    assert_eq!(answer.status(), 503);
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn identify_reads_what_a_layer_stored() {
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
async fn challenge_error_is_for_the_refused_scheme() {
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

/// Refuses any `Authorization`, and reads no cookies.
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

    fn uses_cookies(&self) -> bool {
        false
    }
}

/// A digest does not tell how long its key is, so the client must not be refused for ever.
#[tokio::test]
async fn short_key_known_by_its_digest_is_accepted() {
    let digest = ApiKeyDigest::of(b"short").to_string();
    let keys = ApiKeys::new().digest(&digest, Identity::new("robot"));
    let app = TestApp::new(App::with_routes(routes![anybody]).verifier(keys));
    for (key, expected) in [("short", 200), ("shorter", 401), ("", 401)] {
        assert_eq!(app.get("/auth/any").header("x-api-key", key).send().await.status(), expected, "{key}");
    }
}

/// Every method of a shared verifier is called, not the default of the trait.
#[tokio::test]
async fn shared_verifier_is_the_verifier_itself() {
    struct Shared {
        started: AtomicUsize,
        problem: &'static str,
    }
    impl Verifier for Shared {
        async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
            match request.headers.contains_key("x-shared") {
                true => Ok(Some(Identity::new("ann"))),
                false => Err(VerifyError::refused("no header")),
            }
        }
        fn name(&self) -> String {
            "shared".to_owned()
        }
        fn scheme(&self) -> Option<&'static str> {
            Some("Shared")
        }
        fn sensitive_headers(&self) -> Vec<http::HeaderName> {
            vec![http::HeaderName::from_static("x-shared")]
        }
        fn problems(&self) -> Vec<String> {
            if self.problem.is_empty() { Vec::new() } else { vec![self.problem.to_owned()] }
        }
        fn start(&self, _: &VerifierContext) {
            self.started.fetch_add(1, Ordering::Relaxed);
        }
    }

    let shared = |problem| Arc::new(Shared { started: AtomicUsize::new(0), problem });
    let verifier = shared("");
    let app = TestApp::new(App::with_routes(routes![anybody]).verifier(Arc::clone(&verifier)));
    assert_eq!(verifier.started.load(Ordering::Relaxed), 1);
    assert_eq!(app.get("/auth/any").header("x-shared", "").send().await.status(), 200);
    let refused = app.get("/auth/any").send().await;
    assert_eq!(refused.headers()["www-authenticate"], r#"Shared realm="routekit""#);
    assert_eq!(Arc::clone(&verifier).identity_headers(), [http::HeaderName::from_static("x-shared")]);
    let error = App::with_routes(routes![anybody]).verifier(shared("no key")).config(Config::default()).into_router();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("shared") && error.contains("no key"), "{error}");
}

/// Panics.
struct Panicking;

impl Verifier for Panicking {
    async fn verify(&self, _: &Parts) -> Result<Option<Identity>, VerifyError> {
        panic!("this verifier is broken")
    }
}

#[tokio::test]
async fn panicking_verifier_refuses() {
    let app = TestApp::new(App::with_routes(routes![anybody, open]).verifier(Panicking).verifier(Header));
    assert_eq!(app.get("/auth/any").header("x-user", "ann").send().await.status(), 500);
    assert_eq!(app.get("/auth/public").send().await.status(), 200);
}
