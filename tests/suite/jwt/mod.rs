//! JSON Web Tokens: which are accepted, and how the others are refused.

mod attacks;
mod settings;

use std::sync::LazyLock;

use axum::body::Body;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{HeaderValue, Request, header};
use jsonwebtoken::{EncodingKey, Header, encode};
use routekit::{
    Clock, ManualClock,
    auth::jwt::{Algorithm, Jwt, VerifyingKey},
    config::Config,
    prelude::*,
    test::TestApp,
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey},
    pkcs8::{EncodePublicKey, LineEnding},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};

pub(crate) use self::attacks::attacks;

#[get("/jwt/me", auth)]
async fn me(who: Identity) -> String {
    format!("{} of {}", who.sub(), who.issuer().unwrap_or("no issuer"))
}

#[get("/jwt/optional", auth(optional))]
async fn optional(who: Option<Identity>) -> String {
    who.map_or_else(|| "anonymous".to_owned(), |who| who.sub().to_owned())
}

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const AUDIENCE: &str = "orders";
const SECRET: &[u8] = b"a secret of more than sixty-four bytes, which HS512 wants at the least";

pub(crate) fn unix_time() -> u64 {
    Clock::system().unix_time().as_secs()
}

/// A key of this process; no key is kept in a file.
pub(crate) struct Rsa {
    secret: String,
    private: EncodingKey,
    public: String,
    /// The public key as one for RSA-PSS only.
    pss: String,
    /// The key as a JWK.
    pub(crate) jwk: Value,
}

pub(crate) static RSA: LazyLock<Rsa> = LazyLock::new(rsa);
static OTHER_RSA: LazyLock<Rsa> = LazyLock::new(rsa);

fn rsa() -> Rsa {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let secret = key.to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    let private = EncodingKey::from_rsa_pem(secret.as_bytes()).unwrap();
    let part = |number: &rsa::BigUint| BASE64_URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let jwk = json!({ "kty": "RSA", "kid": "rsa", "n": part(key.n()), "e": part(key.e()) });
    let public = key.to_public_key();
    let pss = pss(public.to_pkcs1_der().unwrap().as_bytes());
    Rsa { secret, private, public: public.to_public_key_pem(LineEnding::LF).unwrap(), pss, jwk }
}

/// A `SubjectPublicKeyInfo` with the algorithm `id-RSASSA-PSS`, without parameters.
fn pss(key: &[u8]) -> String {
    let element = |tag: u8, content: &[u8]| {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, high, low], content].concat()
    };
    let algorithm = [0x30, 11, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    let key = element(0x03, &[&[0], key].concat());
    let der = element(0x30, &[&algorithm, key.as_slice()].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der))
}

fn app() -> TestApp {
    let tokens = Jwt::new(ISSUER, AUDIENCE)
        .key(VerifyingKey::pem(Algorithm::RS256, &RSA.public).kid("rsa"))
        .key(VerifyingKey::secret(Algorithm::HS256, SECRET).kid("secret"));
    TestApp::new(App::with_routes(routes![me, optional]).verifier(tokens))
}

/// The claims of a valid token with these changes; `null` removes a claim.
pub(crate) fn claims(changes: &Value) -> Value {
    let mut claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": unix_time() + 60 });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn header_of(algorithm: jsonwebtoken::Algorithm, kid: &str) -> Header {
    Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) }
}

/// Signed with the RSA key, as its issuer would.
pub(crate) fn signed(changes: &Value) -> String {
    encode(&header_of(jsonwebtoken::Algorithm::RS256, "rsa"), &claims(changes), &RSA.private).unwrap()
}

/// A token of three parts with any content.
fn forged(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// A token with this header and valid claims, signed by HMAC with the shared secret.
fn with_hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let token = forged(header, claims, "");
    let message = token.trim_end_matches('.');
    let signature = jsonwebtoken::crypto::sign(
        message.as_bytes(),
        &EncodingKey::from_secret(secret),
        jsonwebtoken::Algorithm::HS256,
    );
    format!("{message}.{}", signature.unwrap())
}

/// A token with valid claims and signature whose header also has these parameters.
fn with_header(more: &Value) -> String {
    let mut header = json!({ "alg": "HS256", "kid": "secret" });
    header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with_hmac(&header, &claims(&json!({})), SECRET)
}

/// A token with valid claims and signature and any text as its header.
fn with_raw_header(header: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", part(header), part(&claims(&json!({})).to_string()));
    let secret = EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// RFC 7515 §4: parameters that are not understood are ignored.
#[tokio::test]
async fn unused_header_parameters_of_any_type_are_ignored() {
    let app = app();
    for (name, more) in [
        ("nonce", json!({ "nonce": 5 })),
        ("jku", json!({ "jku": { "not": "a URL" } })),
        ("jwk", json!({ "jwk": "not a key" })),
        ("x5c", json!({ "x5c": "not a list", "x5u": 1, "x5t": [], "x5t#S256": null })),
        ("cty", json!({ "cty": ["JWT"], "url": 7, "enc": {}, "zip": 0 })),
        ("typ", json!({ "typ": 5 })),
        ("unknown", json!({ "acme": depth(100) })),
    ] {
        let authorization = format!("Bearer {}", with_header(&more));
        assert_eq!(ask(&app, "/jwt/me", &[authorization]).await.0, 200, "{name}");
    }
}

/// RFC 9864: `Ed25519` is the new name of `EdDSA`, and both name the same algorithm.
#[tokio::test]
async fn ed25519_is_accepted_by_both_names() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let key = VerifyingKey::pem(Algorithm::EdDSA, pair.public_key_pem()).kid("ed");
    let app = TestApp::new(App::with_routes(routes![me]).verifier(Jwt::new(ISSUER, AUDIENCE).key(key)));
    for (name, expected) in [("EdDSA", 200), ("Ed25519", 200), ("ed25519", 401), ("Ed448", 401)] {
        let token = forged(&json!({ "alg": name, "kid": "ed" }), &claims(&json!({})), "");
        let message = token.trim_end_matches('.');
        let private = EncodingKey::from_ed_der(pair.serialized_der());
        let signed = jsonwebtoken::crypto::sign(message.as_bytes(), &private, jsonwebtoken::Algorithm::EdDSA).unwrap();
        assert_eq!(ask(&app, "/jwt/me", &[format!("Bearer {message}.{signed}")]).await.0, expected, "{name}");
    }
}

/// RFC 7517 §4.5 only recommends that keys have different ids.
#[tokio::test]
async fn all_keys_of_one_kid_are_tried() {
    let key = |pem: &str| VerifyingKey::pem(Algorithm::RS256, pem).kid("rsa");
    let tokens = Jwt::new(ISSUER, AUDIENCE).key(key(&OTHER_RSA.public)).key(key(&RSA.public));
    let app = TestApp::new(App::with_routes(routes![me]).verifier(tokens));
    assert_eq!(ask(&app, "/jwt/me", &[format!("Bearer {}", signed(&json!({})))]).await.0, 200);
    assert_eq!(ask(&app, "/jwt/me", &[format!("Bearer {}", flipped(&signed(&json!({}))))]).await.0, 401);
}

/// A key with the object identifier `id-RSASSA-PSS`, as `openssl genpkey -algorithm RSA-PSS` makes it.
#[tokio::test]
async fn rsa_pss_key_verifies_ps256() {
    let tokens = Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::pem(Algorithm::PS256, &RSA.pss).kid("rsa"));
    let app = TestApp::new(App::with_routes(routes![me]).verifier(tokens));
    for (algorithm, expected) in [(jsonwebtoken::Algorithm::PS256, 200), (jsonwebtoken::Algorithm::RS256, 401)] {
        let token = encode(&header_of(algorithm, "rsa"), &claims(&json!({})), &RSA.private).unwrap();
        assert_eq!(ask(&app, "/jwt/me", &[format!("Bearer {token}")]).await.0, expected, "{algorithm:?}");
    }
    let tokens = Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::pem(Algorithm::RS256, &RSA.pss));
    let error = App::with_routes(routes![me]).verifier(tokens).config(Config::default()).into_router();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("this key is for PS256, PS384 and PS512 only"), "{error}");
}

#[tokio::test]
async fn valid_tokens_are_accepted() {
    let app = app();
    let secret = EncodingKey::from_secret(SECRET);
    let hmac = encode(&header_of(jsonwebtoken::Algorithm::HS256, "secret"), &claims(&json!({})), &secret).unwrap();
    let without_id = encode(&Header::new(jsonwebtoken::Algorithm::RS256), &claims(&json!({})), &RSA.private).unwrap();
    for (name, authorization) in [
        ("RSA", format!("Bearer {}", signed(&json!({})))),
        ("any case", format!("bearer {}", signed(&json!({})))),
        ("a secret", format!("Bearer {hmac}")),
        ("no kid, and there is one key", format!("Bearer {without_id}")),
        ("several audiences", format!("Bearer {}", signed(&json!({ "aud": ["web", AUDIENCE] })))),
        ("an nbf", format!("Bearer {}", signed(&json!({ "nbf": unix_time() })))),
    ] {
        let answer = app.get("/jwt/me").header("authorization", &authorization).send().await;
        assert_eq!((answer.status().as_u16(), answer.text()), (200, "ann of https://login.example.com"), "{name}");
    }
}

fn depth(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

/// The token with the first character of its signature changed; the last one may hold unused bits.
fn flipped(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{message}.{first}{}", &signature[1..])
}

/// The status, the challenge, and the body without the correlation id.
pub(crate) async fn ask(app: &TestApp, path: &str, authorizations: &[String]) -> (u16, Vec<String>, String) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    for authorization in authorizations {
        let value = HeaderValue::from_bytes(authorization.as_bytes()).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    let answer = app.call(request).await;
    let challenges =
        answer.headers().get_all("www-authenticate").iter().map(|value| value.to_str().unwrap().to_owned());
    let (status, challenges) = (answer.status().as_u16(), challenges.collect());
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let text = match serde_json::from_slice::<Value>(&body) {
        Ok(mut problem) => {
            assert!(problem["correlationId"].take().is_string());
            problem.to_string()
        }
        Err(_) => String::from_utf8(body.to_vec()).unwrap(),
    };
    (status, challenges, text)
}

#[tokio::test]
async fn credentials_of_another_scheme_are_ignored() {
    let app = app();
    for authorization in ["Basic YTpi", "Bearer", "Digest x", ""] {
        let (status, challenges, _) = ask(&app, "/jwt/me", &[authorization.to_owned()]).await;
        assert_eq!((status, challenges), (401, vec![r#"Bearer realm="routekit""#.to_owned()]), "{authorization}");
        assert_eq!(ask(&app, "/jwt/optional", &[authorization.to_owned()]).await.2, "anonymous", "{authorization}");
    }
}

#[tokio::test]
async fn token_times_are_checked_on_the_app_s_clock() {
    use std::time::Duration;
    let clock = ManualClock::new();
    clock.set_unix_time(Duration::ZERO);
    let tokens = |leeway| Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET)).leeway(leeway);
    let app =
        |leeway| TestApp::builder(App::with_routes(routes![me]).verifier(tokens(leeway))).clock(clock.clock()).build();
    let (exact, late) = (app(Duration::ZERO), app(Duration::from_secs(5)));
    let token = with_hmac(&json!({ "alg": "HS256" }), &claims(&json!({ "nbf": 50, "exp": 100 })), SECRET);
    let mut seen = Vec::new();
    let mut now = 0;
    for second in [44, 45, 49, 50, 99, 100, 104, 105] {
        clock.advance(Duration::from_secs(second - now));
        now = second;
        let status = async |app: &TestApp| ask(app, "/jwt/me", &[format!("Bearer {token}")]).await.0;
        seen.push((second, status(&exact).await, status(&late).await));
    }
    let expected = [
        (44, 401, 401),
        (45, 401, 200),
        (49, 401, 200),
        (50, 200, 200),
        (99, 200, 200),
        (100, 401, 200),
        (104, 401, 200),
        (105, 401, 401),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn shared_verifier_uses_the_app_s_clock() {
    use std::{sync::Arc, time::Duration};
    let clock = ManualClock::new();
    let tokens = Arc::new(Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET)));
    let app = App::with_routes(routes![me]).verifier(Arc::clone(&tokens)).provide_shared(tokens);
    let app = TestApp::builder(app).clock(clock.clock()).build();
    let exp = clock.clock().unix_time().as_secs() + 100;
    let token = with_hmac(&json!({ "alg": "HS256" }), &claims(&json!({ "exp": exp })), SECRET);
    assert_eq!(ask(&app, "/jwt/me", &[format!("Bearer {token}")]).await.0, 200);
    clock.advance(Duration::from_secs(100));
    assert_eq!(ask(&app, "/jwt/me", &[format!("Bearer {token}")]).await.0, 401);
}

#[tokio::test]
async fn verifier_of_two_apps_uses_the_clock_of_each() {
    use std::{sync::Arc, time::Duration};
    let tokens = Arc::new(Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET)));
    let clocks = [ManualClock::new(), ManualClock::new()];
    let app = |clock: &ManualClock| {
        let app = App::with_routes(routes![me]).verifier(Arc::clone(&tokens));
        TestApp::builder(app).clock(clock.clock()).build()
    };
    let apps = [app(&clocks[0]), app(&clocks[1])];
    let exp = clocks[0].clock().unix_time().as_secs() + 100;
    let token = with_hmac(&json!({ "alg": "HS256" }), &claims(&json!({ "exp": exp })), SECRET);
    let statuses = async || {
        let status = async |app| ask(app, "/jwt/me", &[format!("Bearer {token}")]).await.0;
        [status(&apps[0]).await, status(&apps[1]).await]
    };
    assert_eq!(statuses().await, [200, 200]);
    clocks[1].advance(Duration::from_secs(100));
    assert_eq!(statuses().await, [200, 401]);
    clocks[0].advance(Duration::from_secs(100));
    assert_eq!(statuses().await, [401, 401]);
}
