//! Secrets of clients appear in no log, span, problem or `Debug`, and no client can inject a line into a log.

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, Method};
use routekit::{
    auth::{
        ApiKeys,
        jwt::{Algorithm, Jwt, VerifyingKey},
    },
    identity::Claims,
    prelude::*,
    test::TestApp,
};
use serde::Deserialize;
use serde_json::json;

use crate::{jwt, logs};

const SECRET: &str = "hunter2-and-then-some";

#[derive(Deserialize)]
struct Unfit {
    #[expect(dead_code, reason = "no token says it")]
    nothing: u8,
}

/// Prints everything it gets, as a careless handler would.
#[get("/secrets/careless", public)]
async fn careless(method: Method, headers: HeaderMap) -> String {
    tracing::info!(target: "routekit::tests", ?method, ?headers, "careless");
    format!("{headers:?}")
}

#[get("/secrets/reading", public)]
async fn reading(headers: HeaderMap) -> String {
    headers["authorization"].as_bytes().ends_with(SECRET.as_bytes()).to_string()
}

#[get("/secrets/closed", auth(scope("a")))]
async fn closed(who: Identity) -> String {
    format!("{who:?}")
}

#[get("/secrets/claims", auth)]
async fn claims(who: Identity, claims: Result<Claims<Unfit>, routekit::identity::ClaimsRejection>) -> Problem {
    tracing::info!(target: "routekit::tests", ?who, ?claims, "careless");
    Problem::internal(format!("{who:?}"))
}

#[get("/secrets/panics", public)]
async fn panics(headers: HeaderMap) {
    panic!("{headers:?}");
}

/// Headers that carry a secret, each with a secret value.
fn headers() -> [(&'static str, String); 6] {
    [
        ("authorization", format!("Bearer {SECRET}")),
        ("authorization", format!("Basic {SECRET}")),
        ("proxy-authorization", SECRET.to_owned()),
        ("cookie", format!("a=b; session={SECRET}")),
        ("x-api-key", SECRET.to_owned()),
        ("x-session", SECRET.to_owned()),
    ]
}

fn app() -> App {
    let tokens =
        Jwt::new(jwt::ISSUER, jwt::AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, format!("{SECRET:>32}")));
    let keys = ApiKeys::new().key(format!("{SECRET}-but-longer"), Identity::new("robot").with_claim("tenant", SECRET));
    App::with_routes(routes![careless, reading, closed, claims, panics])
        .verifier(tokens)
        .verifier(keys)
        .configure(|config| config.set_sensitive_headers(vec!["x-session".parse().unwrap()]))
}

async fn body(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn secrets_appear_in_no_output() {
    let app = app();
    assert!(!format!("{app:?}").contains("hunter2"), "{app:?}");
    let app = TestApp::new(app);
    let admin = app.admin();
    for (name, value) in headers() {
        for path in ["careless", "closed", "claims", "panics", "nothing"] {
            for app in [&app, &admin] {
                let path = format!("/secrets/{path}");
                let (said, lines) = logs::caught(async {
                    let request = app.get(&path).header(name, &value);
                    assert!(!format!("{request:?}").contains("hunter2"), "{request:?}");
                    request.send().await.text().to_owned()
                });
                assert!(!said.contains("hunter2"), "{path} with {name} answers {said}");
                assert!(!format!("{lines:?}").contains("hunter2"), "{path} with {name} logs {lines:?}");
            }
        }
    }
    let robot = || app.get("/secrets/claims").header("x-api-key", &format!("{SECRET}-but-longer"));
    let (answer, lines) = logs::caught(async { robot().send().await });
    assert_eq!(answer.status(), 500);
    assert!(lines.iter().any(|line| line.fields.iter().any(|field| field.contains("tenant"))), "{lines:?}");
    assert!(!format!("{lines:?}").contains("hunter2"), "claims are named, not shown: {lines:?}");
}

#[tokio::test]
async fn handlers_can_read_secret_headers() {
    let answer =
        TestApp::new(app()).get("/secrets/reading").header("authorization", &format!("Bearer {SECRET}")).send();
    assert_eq!(answer.await.text(), "true");
}

#[tokio::test]
async fn every_value_of_a_secret_header_is_hidden() {
    let app = TestApp::new(app());
    let request =
        app.get("/secrets/careless").header("cookie", SECRET).header("cookie", SECRET).header("x-other", "seen");
    let said = request.send().await.text().to_owned();
    assert!(!said.contains("hunter2") && said.contains("seen"), "{said}");
}

#[test]
fn secret_header_names_are_configurable_and_shown() {
    let explained = TestApp::new(app()).table().explain("GET /secrets/closed").unwrap().to_string();
    let names = "sensitive_headers names = authorization, cookie, proxy-authorization, x-api-key, x-session (code)";
    assert!(explained.contains(names), "{explained}");
    let config =
        |value: &str| routekit::config::Config::builder().variable("ROUTEKIT_SENSITIVE_HEADERS", value).build();
    assert_eq!(**config("X-One, x-two").unwrap().sensitive_headers(), ["x-one", "x-two"]);
    let error = config("x one").unwrap_err().to_string();
    assert!(error.contains("ROUTEKIT_SENSITIVE_HEADERS") && error.contains("is not a header name"), "{error}");
}

/// Bytes as they may arrive on the wire; the parser accepts all of these.
#[test]
fn path_cannot_inject_a_log_line() {
    let app = TestApp::new(app());
    for (name, path) in [("a control sequence", "/secrets/\u{9b}31m"), ("a line separator", "/secrets/\u{2028}")] {
        let (_, lines) = logs::caught(async {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = http::Uri::from_maybe_shared(bytes::Bytes::copy_from_slice(path.as_bytes())).unwrap();
            request.headers_mut().insert("x-header", HeaderValue::from_bytes(b"a\tb").unwrap());
            body(app.call(request).await).await
        });
        let path = lines.iter().flat_map(|line| &line.fields).find(|field| field.starts_with("url.path")).unwrap();
        assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{name}: {path:?}");
    }
}

/// A name of a person is printed unchanged, without line breaks.
#[test]
fn user_name_cannot_inject_a_log_line() {
    let name = "ann\nadmin\u{1b}[2J";
    let shown = format!("{:?}", Identity::new(name).with_claim("a\nb", json!(1)));
    assert!(!shown.contains(['\n', '\u{1b}']), "{shown:?}");
}
