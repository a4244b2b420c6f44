//! What responses say to caches further out about who may have them.

use http::{HeaderName, header, request::Parts};
use routekit::{
    auth::{ApiKeys, Verifier, VerifyError},
    axum::{Router, routing::get as get_service},
    prelude::*,
    test::TestApp,
};

const KEYS: [&str; 2] = ["3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4", "9d1fbe80a6c1a1f7c62ac5f6c5e6b3a4"];

fn keys() -> ApiKeys {
    ApiKeys::new().key(KEYS[0], Identity::new("ann")).key(KEYS[1], Identity::new("bob"))
}

#[get("/clients/shared", auth, cache(shared, ttl = 60, client_ttl = 5))]
async fn shared() -> &'static str {
    "for all clients with a key"
}

#[get("/clients/unsaid", auth, cache(shared, ttl = 60))]
async fn unsaid() -> Result<()> {
    Err(Problem::not_found("not today"))
}

#[get("/clients/user", auth, cache(per = "user", ttl = 60, client_ttl = 5))]
async fn user(client: Identity) -> String {
    client.sub().to_owned()
}

#[get("/clients/uncached", auth)]
async fn uncached() {}

#[get("/clients/optional", auth(optional))]
async fn optional() {}

#[get("/clients/says", auth)]
async fn says() -> [(HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "private, max-age=5")]
}

#[get("/clients/public", public)]
async fn public() {}

#[get("/clients/missing", public, cache(ttl = 60))]
async fn missing() -> Result<()> {
    Err(Problem::not_found("not today"))
}

#[get("/clients/passed", public, cache(ttl = 60))]
async fn passed() -> [(HeaderName, &'static str); 1] {
    [(header::SET_COOKIE, "a=b")]
}

/// `Cache-Control` of two responses to a client with the key.
async fn control(app: &TestApp, path: &str, key: Option<&str>) -> [Option<String>; 2] {
    let ask = async || {
        let request = app.get(path);
        let request = if let Some(key) = key { request.header("x-api-key", key) } else { request };
        request.send().await.header("cache-control").map(str::to_owned)
    };
    [ask().await, ask().await]
}

#[tokio::test]
async fn responses_that_need_an_identity_are_private() {
    let app = TestApp::new(App::with_routes(routes![shared, unsaid, user]).verifier(keys()));
    for (path, expected) in [
        ("/clients/shared", "private, max-age=5"),
        ("/clients/user", "private, max-age=5"),
        ("/clients/unsaid", "private, no-cache"),
    ] {
        assert_eq!(control(&app, path, Some(KEYS[0])).await, [Some(expected.to_owned()), Some(expected.to_owned())]);
    }
}

#[tokio::test]
async fn uncached_responses_behind_auth_are_not_stored() {
    let hand_written = Router::new().route("/clients/hand-written", get_service(async || "by hand"));
    let app = App::with_routes(routes![uncached, optional, says, public, shared]).verifier(keys());
    let app = TestApp::new(app.require_auth().merge(hand_written));
    let key = Some(KEYS[0]);
    for (path, key, expected) in [
        ("/clients/uncached", key, Some("no-store")),
        ("/clients/uncached", None, Some("no-store")),
        ("/clients/optional", key, Some("no-store")),
        ("/clients/optional", None, Some("no-store")),
        ("/clients/says", key, Some("private, max-age=5")),
        ("/clients/public", key, None),
        ("/clients/hand-written", key, Some("no-store")),
        ("/clients/hand-written", None, Some("no-store")),
        ("/clients/shared", None, Some("no-store")),
    ] {
        let expected = expected.map(str::to_owned);
        assert_eq!(control(&app, path, key).await, [expected.clone(), expected], "{path} {key:?}");
    }
}

#[tokio::test]
async fn responses_that_are_not_stored_are_not_reused_without_asking() {
    let app = TestApp::new(App::with_routes(routes![missing, passed]));
    for path in ["/clients/missing", "/clients/passed"] {
        let no_cache = || Some("no-cache".to_owned());
        assert_eq!(control(&app, path, None).await, [no_cache(), no_cache()], "{path}");
    }
}

/// Identifies clients by a cookie.
struct Session;

impl Verifier for Session {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        Ok(request.headers.get("cookie").map(|_| Identity::new("ann")))
    }
}

/// Trusts the name that a service mesh sends.
struct Peer;

impl Verifier for Peer {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        Ok(request.headers.get("x-peer").map(|_| Identity::new("peer")))
    }

    fn identity_headers(&self) -> Vec<HeaderName> {
        vec![HeaderName::from_static("x-peer"), header::COOKIE]
    }
}

/// A cache further out must not give one user's page to the next (RFC 9110 §12.5.5).
#[tokio::test]
async fn vary_names_what_brought_the_identity() {
    let vary = async |app: App, (name, value): (&'static str, &'static str)| {
        let app = TestApp::new(app);
        let ask = async || {
            let answer = app.get("/clients/user").header(name, value).send().await;
            answer.headers().get_all("vary").iter().map(|name| name.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let first = ask().await;
        assert_eq!(ask().await, first);
        first.join(", ")
    };
    let app = || App::with_routes(routes![user]);
    assert_eq!(vary(app().verifier(keys()), ("x-api-key", KEYS[0])).await, "x-api-key");
    assert_eq!(vary(app().verifier(Session), ("cookie", "session=1")).await, "authorization, cookie");
    let several = app().verifier(Session).verifier(Peer).verifier(keys());
    assert_eq!(vary(several, ("x-peer", "a")).await, "authorization, cookie, x-peer, x-api-key");
}
