//! Keys of an issuer: when they are fetched, how often, and what happens while they cannot be.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jsonwebtoken::{EncodingKey, Header, encode};
use rcgen::{CertificateParams, KeyPair};
use routekit::{
    Clock, ManualClock,
    auth::jwt::{
        Algorithm, Jwt, VerifyingKey,
        jwks::{Jwks, KeySource},
    },
    config::Config,
    prelude::*,
    test::TestApp,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::{jwt, logs, wire};

#[get("/jwks/me", auth)]
async fn me(who: Identity) -> String {
    who.sub().to_owned()
}

/// A key that exists in this process only.
struct Signer {
    kid: &'static str,
    pair: KeyPair,
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        Self { kid, pair: KeyPair::generate().unwrap() }
    }

    fn jwk(&self) -> Value {
        let point = &self.pair.public_key_raw()[1..];
        let (x, y) = point.split_at(32);
        let encode = |part| BASE64_URL_SAFE_NO_PAD.encode(part);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.kid, "x": encode(x), "y": encode(y) })
    }

    /// A token of this key with this `kid`, on the time of a manual clock.
    fn token_of(&self, kid: &str, changes: &Value) -> String {
        let key = EncodingKey::from_ec_pem(self.pair.serialize_pem().as_bytes()).unwrap();
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(jsonwebtoken::Algorithm::ES256) };
        let mut claims = jwt::claims(changes);
        if changes.get("exp").is_none() {
            claims["exp"] = json!(1_000_000);
        }
        format!("Bearer {}", encode(&header, &claims, &key).unwrap())
    }

    /// The same token with the `kid` of another key. Its signature is wrong, which only shows once that key is known.
    fn relabelled(token: &str, kid: &str) -> String {
        let (_, rest) = token.split_once('.').unwrap();
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": kid }).to_string();
        format!("Bearer {}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header))
    }

    fn token(&self) -> String {
        self.token_of(self.kid, &json!({}))
    }
}

/// An answer of the issuer.
#[derive(Clone)]
enum Answer {
    Keys(Vec<Value>),
    Text(String),
    Status(u16),
    Redirect,
    /// Answers once the gate is open.
    Later(Arc<Notify>, Vec<Value>),
}

/// A server of keys.
struct Issuer {
    addr: SocketAddr,
    asked: Arc<Asked>,
    served: JoinHandle<()>,
}

struct Asked {
    answer: Mutex<Answer>,
    paths: Mutex<Vec<String>>,
    /// One permit for each answer.
    came: Notify,
}

async fn answer(State(asked): State<Arc<Asked>>, request: Request) -> Response {
    asked.paths.lock().unwrap().push(request.uri().to_string());
    asked.came.notify_one();
    let answer = asked.answer.lock().unwrap().clone();
    let keys = |keys: Vec<Value>| axum::Json(json!({ "keys": keys })).into_response();
    match answer {
        Answer::Keys(all) => keys(all),
        Answer::Text(text) => text.into_response(),
        Answer::Status(status) => http::StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Redirect => Redirect::temporary("/elsewhere").into_response(),
        Answer::Later(now, all) => {
            now.notified().await;
            keys(all)
        }
    }
}

impl Issuer {
    async fn start(first: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::new(Asked { answer: Mutex::new(first), paths: Mutex::default(), came: Notify::new() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&asked));
        let served = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { addr, asked, served }
    }

    fn url(&self) -> String {
        format!("http://{}/jwks?of=tests", self.addr)
    }

    fn answers(&self, answer: Answer) {
        *self.asked.answer.lock().unwrap() = answer;
    }

    fn fetches(&self) -> usize {
        self.asked.paths.lock().unwrap().len()
    }

    async fn stop(self) {
        self.served.abort();
        let _ = self.served.await;
    }
}

fn app(jwks: Jwks, clock: &Clock) -> TestApp {
    let tokens = Jwt::new(jwt::ISSUER, jwt::AUDIENCE).jwks(jwks);
    TestApp::builder(App::with_routes(routes![me]).verifier(tokens)).clock(clock.clone()).build()
}

/// A manual clock that starts in 1970, from which the lifetimes of the tokens count.
fn clock_of_1970() -> ManualClock {
    let clock = ManualClock::new();
    clock.set_unix_time(Duration::ZERO);
    clock
}

/// An issuer with these keys, and an app that accepts its tokens.
async fn trusting(keys: Vec<Value>) -> (Issuer, ManualClock, TestApp) {
    let issuer = Issuer::start(Answer::Keys(keys)).await;
    let clock = clock_of_1970();
    let app = app(Jwks::url(&issuer.url()), &clock.clock());
    (issuer, clock, app)
}

async fn status(app: &TestApp, token: &str) -> u16 {
    app.get("/jwks/me").header("authorization", token).send().await.status().as_u16()
}

const INTERVAL: Duration = Duration::from_secs(30);
const REFRESH: Duration = Duration::from_secs(600);

#[tokio::test]
async fn rotated_key_works_after_one_fetch() {
    let (a, b) = (Signer::new("a"), Signer::new("b"));
    let (issuer, clock, app) = trusting(vec![a.jwk()]).await;
    assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (200, 1), "the first token has the list fetched");
    assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (200, 1), "and the second has not");

    issuer.answers(Answer::Keys(vec![b.jwk()]));
    assert_eq!((status(&app, &b.token()).await, issuer.fetches()), (401, 1), "not so soon after the last fetch");
    clock.advance(INTERVAL);
    assert_eq!((status(&app, &b.token()).await, issuer.fetches()), (200, 2), "after one more fetch");
    assert_eq!((status(&app, &b.token()).await, issuer.fetches()), (200, 2));
    assert_eq!(status(&app, &a.token()).await, 401, "a key that has left the list is none");
    assert_eq!(status(&app, &a.token_of("b", &json!({}))).await, 401, "a key is not another because it says so");
    assert!(issuer.asked.paths.lock().unwrap().iter().all(|path| path == "/jwks?of=tests"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_kids_cause_one_fetch_an_interval() {
    let (a, evil) = (Signer::new("a"), Signer::new("evil").token());
    let (issuer, clock, app) = trusting(vec![a.jwk()]).await;
    assert_eq!(status(&app, &a.token()).await, 200);
    for interval in 1..=3 {
        clock.advance(INTERVAL);
        let mut flood = JoinSet::new();
        for number in 0..500 {
            let (app, token) = (app.clone(), Signer::relabelled(&evil, &format!("../../{interval}/{number}")));
            flood.spawn(async move { status(&app, &token).await });
        }
        assert!(flood.join_all().await.iter().all(|status| *status == 401));
        assert_eq!(issuer.fetches(), 1 + interval, "one fetch an interval");
        assert_eq!(status(&app, &a.token()).await, 200);
    }
    assert!(issuer.asked.paths.lock().unwrap().iter().all(|path| path == "/jwks?of=tests"), "a kid is no address");
}

#[tokio::test]
async fn tokens_that_are_invalid_anyway_cause_no_fetch() {
    let (a, evil) = (Signer::new("a"), Signer::new("evil"));
    let (issuer, clock, app) = trusting(vec![a.jwk()]).await;
    assert_eq!(status(&app, &a.token()).await, 200);
    clock.advance(INTERVAL);
    for (name, changes) in [
        ("another issuer", json!({ "iss": "https://evil" })),
        ("another audience", json!({ "aud": "evil" })),
        ("expired", json!({ "exp": 1 })),
        ("not valid yet", json!({ "nbf": 999_999 })),
        ("of no subject", json!({ "sub": "" })),
    ] {
        assert_eq!((status(&app, &evil.token_of("evil", &changes)).await, issuer.fetches()), (401, 1), "{name}");
    }
    assert_eq!((status(&app, &evil.token()).await, issuer.fetches()), (401, 2), "and for what may be right, it is");
}

#[tokio::test]
async fn known_keys_work_while_the_issuer_is_unavailable() {
    let (a, b) = (Signer::new("a"), Signer::new("b"));
    let issuer = Issuer::start(Answer::Keys(vec![a.jwk()])).await;
    let clock = clock_of_1970();
    let url = issuer.url();
    let (known, late) = (app(Jwks::url(&url), &clock.clock()), app(Jwks::url(&url), &clock.clock()));
    assert_eq!(status(&known, &a.token()).await, 200);
    issuer.stop().await;
    for _ in 0..3 {
        clock.advance(REFRESH);
        assert_eq!(status(&known, &a.token()).await, 200, "keys that are known go on working");
        assert_eq!(status(&known, &b.token()).await, 401);
        assert_eq!(status(&late, &a.token()).await, 503, "unknown before the first list");
    }
    assert_eq!(status(&late, "Bearer a.b.c").await, 401, "but of some it can be said");
}

#[tokio::test]
async fn malformed_key_list_keeps_the_known_keys() {
    let a = Signer::new("a");
    let secret = json!({ "kty": "oct", "kid": "a", "k": BASE64_URL_SAFE_NO_PAD.encode([0; 64]) });
    for (name, nonsense) in [
        ("an error", Answer::Status(500)),
        ("not found", Answer::Status(404)),
        ("no content", Answer::Status(204)),
        ("elsewhere", Answer::Redirect),
        ("a page", Answer::Text("<p>down for maintenance</p>".to_owned())),
        ("too much", Answer::Text(format!(r#"{{"keys":[{}],"more":"{}"}}"#, a.jwk(), "a".repeat(600_000)))),
        ("no keys", Answer::Keys(vec![])),
        ("a shared secret", Answer::Keys(vec![secret])),
    ] {
        let issuer = Issuer::start(nonsense.clone()).await;
        let clock = clock_of_1970();
        let app = app(Jwks::url(&issuer.url()), &clock.clock());
        assert_eq!(status(&app, &a.token()).await, 503, "{name}");
        issuer.answers(Answer::Keys(vec![a.jwk()]));
        clock.advance(Duration::from_secs(1));
        assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (503, 1), "{name}, and not at once");
        clock.advance(Duration::from_secs(1));
        assert_eq!(status(&app, &a.token()).await, 200, "{name}, and then it is well");
        issuer.answers(nonsense);
        clock.advance(REFRESH);
        // A client with an unknown key waits for the list, so it has been read by then.
        assert_eq!(status(&app, &a.token_of("b", &json!({}))).await, 401, "{name}");
        assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (200, 3), "{name}, and the keys are known");
        assert!(issuer.asked.paths.lock().unwrap().iter().all(|path| path == "/jwks?of=tests"), "{name}");
    }
}

/// A list may hold anything. Its usable keys are used.
#[tokio::test]
async fn unusable_key_in_a_list_is_skipped() {
    let a = Signer::new("a");
    let cut_off = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "bad", "x": "AAAA" });
    let (issuer, clock, app) = trusting(vec![cut_off.clone(), a.jwk()]).await;
    assert_eq!(status(&app, &a.token()).await, 200);
    issuer.answers(Answer::Keys(vec![cut_off]));
    clock.advance(INTERVAL);
    assert_eq!(status(&app, &a.token_of("b", &json!({}))).await, 401);
    assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (200, 2), "a list of none is no list");
}

#[tokio::test]
async fn keys_without_kid_are_tried() {
    let nameless = |signer: &Signer| {
        let mut key = signer.jwk();
        key.as_object_mut().unwrap().remove("kid");
        key
    };
    let (a, b, c) = (Signer::new("a"), Signer::new("b"), Signer::new("c"));
    let (issuer, clock, app) = trusting(vec![nameless(&a), nameless(&b)]).await;
    assert_eq!((status(&app, &a.token()).await, status(&app, &b.token()).await, issuer.fetches()), (200, 200, 1));
    issuer.answers(Answer::Keys(vec![nameless(&c)]));
    clock.advance(INTERVAL);
    assert_eq!((status(&app, &c.token()).await, issuer.fetches()), (200, 2), "a new one works at once");
    assert_eq!(status(&app, &a.token()).await, 401);
}

#[tokio::test]
async fn configured_key_works_beside_the_fetched_list() {
    let (a, b) = (Signer::new("a"), Signer::new("b"));
    let issuer = Issuer::start(Answer::Keys(vec![a.jwk()])).await;
    let tokens = Jwt::new(jwt::ISSUER, jwt::AUDIENCE)
        .key(VerifyingKey::pem(Algorithm::ES256, b.pair.public_key_pem()))
        .jwks(Jwks::url(&issuer.url()));
    let app = TestApp::builder(App::with_routes(routes![me]).verifier(tokens)).clock(clock_of_1970().clock()).build();
    assert_eq!((status(&app, &b.token()).await, issuer.fetches()), (200, 0));
    assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (200, 1));
    assert_eq!(status(&app, &a.token_of("b", &json!({ "sub": "eve" }))).await, 401);
}

#[tokio::test]
async fn keys_are_fetched_only_once_the_verifier_is_started() {
    use routekit::auth::{Access, AuthLayer, VerifierContext, Verifiers};
    use tower::{Layer, Service};
    let a = Signer::new("a");
    let issuer = Issuer::start(Answer::Keys(vec![a.jwk()])).await;
    let verifiers = || Verifiers::new().with(Jwt::new(jwt::ISSUER, jwt::AUDIENCE).jwks(Jwks::url(&issuer.url())));
    let tasks = routekit::Spawner::tokio();
    for (verifiers, expected) in
        [(verifiers(), 503), (verifiers().started(&VerifierContext::new(clock_of_1970().clock(), tasks)), 200)]
    {
        let router: Router = Router::new().fallback(async || ());
        let mut service = AuthLayer::new(Access::identified(), verifiers).layer(router);
        let token = a.token_of("a", &json!({ "exp": 10_000_000_000_u64 }));
        let request = Request::get("/").header("authorization", token).body(axum::body::Body::empty()).unwrap();
        assert_eq!(service.call(request).await.unwrap().status(), expected);
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn waiting_requests_share_one_fetch() {
    let a = Signer::new("a");
    let now = Arc::new(Notify::new());
    let issuer = Issuer::start(Answer::Later(Arc::clone(&now), vec![a.jwk()])).await;
    let app = app(Jwks::url(&issuer.url()), &clock_of_1970().clock());
    let ask = || {
        let (app, token) = (app.clone(), a.token());
        async move { status(&app, &token).await }
    };
    // The client that began the fetch leaves, and the fetch continues.
    let first = tokio::spawn(ask());
    issuer.asked.came.notified().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let mut others = JoinSet::new();
    for _ in 0..100 {
        others.spawn(ask());
    }
    tokio::task::yield_now().await;
    now.notify_one();
    assert!(others.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn old_list_is_refreshed_in_the_background() {
    let (a, b) = (Signer::new("a"), Signer::new("b"));
    let (issuer, clock, app) = trusting(vec![a.jwk()]).await;
    assert_eq!(status(&app, &a.token()).await, 200);
    issuer.asked.came.notified().await;
    let now = Arc::new(Notify::new());
    issuer.answers(Answer::Later(Arc::clone(&now), vec![b.jwk()]));
    clock.advance(REFRESH - Duration::from_secs(1));
    assert_eq!((status(&app, &a.token()).await, issuer.fetches()), (200, 1), "not old yet");
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&app, &a.token()).await, 200, "it does not wait, though the issuer does not answer");
    issuer.asked.came.notified().await;
    assert_eq!(issuer.fetches(), 2);
    now.notify_one();
    // A client with a key of the new list waits for it.
    assert_eq!((status(&app, &b.token()).await, issuer.fetches()), (200, 2));
    assert_eq!(status(&app, &a.token()).await, 401, "what the issuer has taken back is none");
}

#[tokio::test]
async fn list_is_fetched_before_the_first_token() {
    let a = Signer::new("a");
    let issuer = Issuer::start(Answer::Keys(vec![a.jwk()])).await;
    let tokens = Jwt::new(jwt::ISSUER, jwt::AUDIENCE).jwks(Jwks::url(&issuer.url()));
    let mut app = wire::run(App::with_routes(routes![me]).verifier(tokens).config(Config::default())).await;
    issuer.asked.came.notified().await;
    let mut request = wire::get("/jwks/me");
    let token = a.token_of("a", &json!({ "exp": 10_000_000_000_u64 }));
    request.headers_mut().insert("authorization", token.parse().unwrap());
    assert_eq!((app.http1(request).await.1.as_str(), issuer.fetches()), ("ann", 1));
    app.stop();
    app.stopped().await.unwrap();
}

/// Returns its list once and fails afterwards. Counts the calls.
struct Denying {
    first: Mutex<Option<Value>>,
    asked: Arc<AtomicUsize>,
}

impl KeySource for Denying {
    async fn fetch(&self) -> Result<bytes::Bytes, Box<dyn std::error::Error + Send + Sync>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let first = self.first.lock().unwrap().take();
        first.map(|keys| json!({ "keys": [keys] }).to_string().into()).ok_or("denied, password hunter2".into())
    }

    fn name(&self) -> String {
        "a denying source".to_owned()
    }
}

/// The same attacks with the issuer's key among the fetched ones. No token can cause a fetch of anything but the list.
#[tokio::test]
async fn attacks_fetch_nothing_but_the_list() {
    let asked = Arc::new(AtomicUsize::new(0));
    let source = Denying { first: Mutex::new(Some(jwt::RSA.jwk.clone())), asked: Arc::clone(&asked) };
    let app = app(Jwks::from_source(source), &Clock::system());
    assert_eq!(status(&app, &format!("Bearer {}", jwt::signed(&json!({})))).await, 200);
    let mut answers = std::collections::BTreeSet::new();
    for (name, authorizations) in jwt::attacks() {
        let answer = jwt::ask(&app, "/jwks/me", &authorizations).await;
        assert_eq!(answer.0, 401, "{name}: {answer:?}");
        answers.insert(answer);
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1, "once in thirty seconds");
}

#[test]
fn fetches_and_their_failures_are_logged() {
    let (_, lines) = logs::caught(async {
        let clock = clock_of_1970();
        let a = Signer::new("a");
        let source = Denying { first: Mutex::new(Some(a.jwk())), asked: Arc::default() };
        let app = app(Jwks::from_source(source), &clock.clock());
        status(&app, &a.token()).await;
        clock.advance(INTERVAL);
        status(&app, &a.token_of("b", &json!({}))).await
    });
    let said: Vec<String> =
        lines.iter().filter(|line| line.of == "routekit::auth").map(|line| line.fields.join(" ")).collect();
    let said_of =
        |what: &str| said.iter().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what} in {said:?}"));
    assert!(said_of("fetched the issuer's keys").contains(r#"kid: Some("a")"#), "{said:?}");
    let failed = said_of("cannot fetch the issuer's keys");
    for part in ["source=\"a denying source\"", "error=denied", "known=true"] {
        assert!(failed.contains(part), "{part} in {failed}");
    }
    assert!(said_of("credentials refused").contains("no known key signed the token (alg ES256, kid b)"), "{said:?}");
}

/// Serves the keys over TLS, with a certificate for `localhost` that only `roots` trusts.
async fn by_tls(keys: Vec<Value>) -> (SocketAddr, String) {
    let pair = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&pair).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(pair.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Clients that do not trust the certificate close the connection.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let body = json!({ "keys": keys }).to_string();
            let service =
                service_fn(async |_| Ok::<_, Infallible>(http::Response::new(axum::body::Body::from(body.clone()))));
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        }
    });
    (addr, certificate.pem())
}

#[tokio::test]
async fn https_source_verifies_the_certificate() {
    let a = Signer::new("a");
    let (addr, roots) = by_tls(vec![a.jwk()]).await;
    let url = format!("https://localhost:{}/jwks", addr.port());
    let trusting = app(Jwks::url_trusting(&url, &roots), &clock_of_1970().clock());
    assert_eq!(status(&trusting, &a.token()).await, 200);
    let careful = App::with_routes(routes![me]).verifier(Jwt::new(jwt::ISSUER, jwt::AUDIENCE).jwks(Jwks::url(&url)));
    match TestApp::builder(careful).clock(clock_of_1970().clock()).try_build() {
        Ok(careful) => assert_eq!(status(&careful, &a.token()).await, 503, "its authority is not trusted"),
        // A system without any trusted root reports that.
        Err(error) => assert!(error.to_string().contains("trusts no certificates"), "{error}"),
    }
    let (_, other) = by_tls(vec![]).await;
    let other = app(Jwks::url_trusting(&url, &other), &clock_of_1970().clock());
    assert_eq!(status(&other, &a.token()).await, 503, "another authority");
    let elsewhere = format!("https://127.0.0.1:{}/jwks", addr.port());
    let elsewhere = app(Jwks::url_trusting(&elsewhere, &roots), &clock_of_1970().clock());
    assert_eq!(status(&elsewhere, &a.token()).await, 503, "another name than the certificate's");
}

#[test]
fn invalid_source_is_a_startup_error() {
    for (name, jwks, expected) in [
        ("plain HTTP", Jwks::url("http://login.example.com/jwks"), "plain HTTP is allowed for this machine only"),
        ("no URL", Jwks::url("login"), "is not absolute"),
        ("a password", Jwks::url("https://me:hunter2@login.example.com/jwks"), "a user or a password"),
        ("no pause", Jwks::url("http://localhost/jwks").at_most_every(Duration::ZERO), "an interval of zero"),
        ("no certificates", Jwks::url_trusting("https://login.example.com/jwks", "hunter2"), "no certificates"),
    ] {
        let tokens = Jwt::new(jwt::ISSUER, jwt::AUDIENCE).jwks(jwks);
        let debug = format!("{tokens:?}");
        let error = App::with_routes(routes![me]).verifier(tokens).config(Config::default()).into_router();
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(!error.contains("hunter2") && !debug.contains("hunter2"), "{name}");
    }
}
