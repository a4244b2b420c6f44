//! JSON Web Tokens: which are accepted, and how the others are refused.

use std::{cell::Cell, collections::BTreeSet, sync::LazyLock};

use axum::body::Body;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{HeaderValue, Request, header};
use jsonwebtoken::{EncodingKey, Header, encode};
use proptest::{prelude::Just, prop_assert_eq, prop_oneof, sample::select};
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

use crate::{logs, support::check};

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

/// Every known attack and some variants. Each row is a list of `Authorization` headers.
pub(crate) fn attacks() -> Vec<(&'static str, Vec<String>)> {
    let bearer = |token: String| vec![format!("Bearer {token}")];
    let good = signed(&json!({}));
    let now = unix_time();
    let header = |alg: &str, kid: Value| json!({ "alg": alg, "typ": "JWT", "kid": kid });
    let named = |kid: &str| with_hmac(&header("HS256", json!(kid)), &claims(&json!({})), SECRET);
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let other = encode(&header_of(jsonwebtoken::Algorithm::RS256, "rsa"), &claims(&json!({})), &OTHER_RSA.private);
    let other_family = encode(&header_of(jsonwebtoken::Algorithm::RS512, "rsa"), &claims(&json!({})), &RSA.private);
    let embedded = json!({ "alg": "HS256", "kid": "mine", "jwk": { "kty": "oct", "k": "AAAA", "kid": "mine" },
        "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/chain" });
    let tampered = forged(&header("RS256", json!("rsa")), &claims(&json!({ "sub": "admin" })), signature);
    let critical = with_hmac(
        &json!({ "alg": "HS256", "kid": "secret", "crit": ["b64"], "b64": false }),
        &claims(&json!({})),
        SECRET,
    );
    vec![
        ("alg none", bearer(forged(&header("none", json!("rsa")), &claims(&json!({})), ""))),
        ("alg none, with a signature", bearer(forged(&header("none", json!("rsa")), &claims(&json!({})), signature))),
        ("alg None", bearer(forged(&header("None", json!("rsa")), &claims(&json!({})), ""))),
        ("no alg", bearer(forged(&json!({ "kid": "rsa" }), &claims(&json!({})), signature))),
        (
            "the public key as a secret",
            bearer(with_hmac(&header("HS256", json!("rsa")), &claims(&json!({})), RSA.public.as_bytes())),
        ),
        (
            "the public key as a secret, without kid",
            bearer(with_hmac(&json!({ "alg": "HS256" }), &claims(&json!({})), RSA.public.trim().as_bytes())),
        ),
        ("an empty secret", bearer(with_hmac(&header("HS256", json!("secret")), &claims(&json!({})), b""))),
        ("another algorithm of the same key", bearer(other_family.unwrap())),
        ("the key of another issuer", bearer(other.unwrap())),
        ("an embedded key", bearer(with_hmac(&embedded, &claims(&json!({})), &[0, 0, 0]))),
        ("exp as text", bearer(signed(&json!({ "exp": (now + 60).to_string() })))),
        ("exp a second ago", bearer(signed(&json!({ "exp": now - 1 })))),
        ("exp below zero", bearer(signed(&json!({ "exp": -1 })))),
        ("no exp", bearer(signed(&json!({ "exp": null })))),
        ("nbf to come", bearer(signed(&json!({ "nbf": now + 30 })))),
        ("nbf as text", bearer(signed(&json!({ "nbf": "0" })))),
        ("another aud", bearer(signed(&json!({ "aud": "payments" })))),
        ("no aud", bearer(signed(&json!({ "aud": null })))),
        ("an empty list of aud", bearer(signed(&json!({ "aud": [] })))),
        ("another iss", bearer(signed(&json!({ "iss": "https://login.example.com.evil.example" })))),
        ("no iss", bearer(signed(&json!({ "iss": null })))),
        ("a list of iss", bearer(signed(&json!({ "iss": [ISSUER] })))),
        ("no sub", bearer(signed(&json!({ "sub": null })))),
        ("claims that are no object", bearer(with_hmac(&header("HS256", json!("secret")), &json!(["ann"]), SECRET))),
        ("kid is a path", bearer(named("../../../../../../dev/null"))),
        ("kid is a device", bearer(named("/dev/zero"))),
        ("kid is a URL", bearer(named("http://127.0.0.1:1/keys"))),
        ("kid is SQL", bearer(named("x' UNION SELECT 'a secret of more than' --"))),
        ("kid is a command", bearer(named("key; sleep 10"))),
        ("kid is a format", bearer(named("%s%n${jndi:ldap://127.0.0.1/a}"))),
        ("kid is empty", bearer(named(""))),
        ("kid is a number", bearer(with_hmac(&header("HS256", json!(7)), &claims(&json!({})), SECRET))),
        ("kid of a key of another algorithm", bearer(named("rsa"))),
        ("critical extensions", bearer(critical)),
        ("crit null", bearer(with_header(&json!({ "crit": null })))),
        ("an empty crit", bearer(with_header(&json!({ "crit": [] })))),
        ("crit as text", bearer(with_header(&json!({ "crit": "exp" })))),
        ("alg twice", bearer(with_raw_header(r#"{"alg":"HS256","alg":"HS256","kid":"secret"}"#))),
        ("a header that is an array", bearer(with_raw_header(r#"["HS256","secret",null]"#))),
        ("a token of 1 MiB", bearer(format!("{head}.{payload}.{}", "A".repeat(1 << 20)))),
        ("1 MiB of claims", bearer(with_hmac(&header("HS256", json!("secret")), &json!("a".repeat(1 << 20)), SECRET))),
        ("1 MiB of dots", bearer(".".repeat(1 << 20))),
        ("depth", bearer(with_hmac(&header("HS256", json!("secret")), &depth(200), SECRET))),
        ("changed claims", bearer(tampered)),
        ("no signature", bearer(format!("{head}.{payload}."))),
        ("two parts", bearer(format!("{head}.{payload}"))),
        ("four parts", bearer(format!("{good}.{signature}"))),
        ("five parts (encrypted)", bearer(format!("{good}.{payload}.{signature}"))),
        ("padding", bearer(format!("{good}="))),
        ("a space inside", bearer(good.replacen('.', ". ", 1))),
        ("a bit of the signature", bearer(flipped(&good))),
        ("empty", bearer(String::new())),
        ("no base64", bearer("a.b.c".to_owned())),
        ("text that is no ASCII", bearer("\u{e4}.\u{e4}.\u{e4}".to_owned())),
        ("two headers, both good", vec![format!("Bearer {good}"), format!("Bearer {good}")]),
        ("two headers, the first good", vec![format!("Bearer {good}"), "Basic YTpi".to_owned()]),
        ("two headers, the second good", vec!["Basic YTpi".to_owned(), format!("Bearer {good}")]),
        ("two in one", vec![format!("Bearer {good}, Bearer {good}")]),
    ]
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
async fn every_attack_gets_the_same_401() {
    let app = app();
    for path in ["/jwt/me", "/jwt/optional"] {
        let mut answers = BTreeSet::new();
        for (name, authorizations) in attacks() {
            let answer = ask(&app, path, &authorizations).await;
            assert_eq!(answer.0, 401, "{name}: {answer:?}");
            answers.insert(answer);
            assert_eq!(answers.len(), 1, "{name} is answered differently: {answers:?}");
        }
        let (_, challenges, body) = answers.into_iter().next().unwrap();
        assert_eq!(challenges, [r#"Bearer realm="routekit", error="invalid_token""#]);
        let expected = json!({
            "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "the credentials are not valid",
            "instance": path, "correlationId": null,
        });
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    }
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

#[tokio::test]
async fn issuer_settings_apply_to_its_tokens() {
    #[get("/jwt/granted", auth(scope("s"), role("r"), permission("p")))]
    async fn granted() {}

    let tokens =
        Jwt::new(ISSUER, AUDIENCE).audience("web").typ("at+jwt").key(VerifyingKey::secret(Algorithm::HS256, SECRET));
    let tokens = tokens.scopes_at("/own/scopes").roles_at("/own/roles").permissions_at("/own/permissions");
    let app = TestApp::new(App::with_routes(routes![granted]).verifier(tokens));
    let own = json!({ "scopes": "s", "roles": ["r"], "permissions": ["p"] });
    for (name, typ, changes, expected) in [
        ("all of it", "at+jwt", json!({ "own": own, "aud": "web" }), 200),
        ("the other audience", "at+jwt", json!({ "own": own }), 200),
        ("a third audience", "at+jwt", json!({ "own": own, "aud": "third" }), 401),
        ("another kind of token", "JWT", json!({ "own": own }), 401),
        ("grants in the usual places", "at+jwt", json!({ "scope": "s", "roles": ["r"], "permissions": ["p"] }), 403),
    ] {
        let token = with_hmac(&json!({ "alg": "HS256", "typ": typ }), &claims(&changes), SECRET);
        assert_eq!(ask(&app, "/jwt/granted", &[format!("Bearer {token}")]).await.0, expected, "{name}");
    }
}

/// Tokens of an older system: `Authorization: Token …`, signed with a secret, with `id` and `exp` alone.
#[tokio::test]
async fn tokens_of_an_older_system_are_accepted_as_declared() {
    let key = || VerifyingKey::secret(Algorithm::HS256, SECRET);
    let tokens = || Jwt::new("conduit", "conduit").key(key()).scheme("Token").sub_at("id");
    let app = |tokens: Jwt| TestApp::new(App::with_routes(routes![me]).verifier(tokens));
    let token = with_hmac(&json!({ "alg": "HS256" }), &json!({ "id": 7, "exp": unix_time() + 60 }), SECRET);
    let other = json!({ "id": 7, "exp": unix_time() + 60, "aud": "payments" });
    let other = with_hmac(&json!({ "alg": "HS256" }), &other, SECRET);
    let legacy = || app(tokens().without_issuer().without_audience());
    for (name, app, authorization, expected) in [
        ("all of it", legacy(), format!("Token {token}"), (200, "7 of conduit")),
        ("any case", legacy(), format!("tOKEN {token}"), (200, "7 of conduit")),
        ("an issuer is required", app(tokens().without_audience()), format!("Token {token}"), (401, "")),
        ("an audience is required", app(tokens().without_issuer()), format!("Token {token}"), (401, "")),
        ("for another audience", legacy(), format!("Token {other}"), (401, "")),
        ("as a bearer token", legacy(), format!("Bearer {token}"), (401, "")),
    ] {
        let (status, challenges, body) = ask(&app, "/jwt/me", &[authorization]).await;
        assert_eq!((status, if status == 200 { body.as_str() } else { "" }), expected, "{name}");
        let challenge = [r#"Token realm="routekit""#.to_owned()];
        assert!(status == 200 || challenges == challenge, "{name}: {challenges:?}");
    }
    let tokens = Jwt::new(ISSUER, AUDIENCE).key(key()).without_subject("machines");
    let token = with_hmac(&json!({ "alg": "HS256" }), &claims(&json!({ "sub": null })), SECRET);
    let (_, _, body) = ask(&app(tokens), "/jwt/me", &[format!("Bearer {token}")]).await;
    assert_eq!(body, format!("machines of {ISSUER}"));
}

#[tokio::test]
async fn token_is_verified_by_its_own_issuer() {
    let other = "a secret that only another issuer shares with us";
    let first = Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET));
    let second = Jwt::new("https://other", AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, other));
    let app = TestApp::new(App::with_routes(routes![me]).verifier(first).verifier(second));
    let header = json!({ "alg": "HS256" });
    for (name, issuer, secret, expected) in [
        ("the first", ISSUER, SECRET, (200, "ann of https://login.example.com")),
        ("the second", "https://other", other.as_bytes(), (200, "ann of https://other")),
        ("the first in the second's name", "https://other", SECRET, (401, "")),
        ("the second in the first's name", ISSUER, other.as_bytes(), (401, "")),
    ] {
        let token = with_hmac(&header, &claims(&json!({ "iss": issuer })), secret);
        let (status, _, body) = ask(&app, "/jwt/me", &[format!("Bearer {token}")]).await;
        assert_eq!((status, if status == 200 { body.as_str() } else { "" }), expected, "{name}");
    }
}

/// With two issuers, the log has the reason of each.
#[test]
fn refusal_reasons_are_logged_and_not_sent() {
    let other = "a secret that only another issuer shares with us";
    let (_, lines) = logs::caught(async {
        let first = Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET).kid("a"));
        let second = Jwt::new("https://other", AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, other));
        let app = TestApp::new(App::with_routes(routes![me]).verifier(first).verifier(second));
        let claims = claims(&json!({ "iss": "https://other", "exp": 1 }));
        let token = with_hmac(&json!({ "alg": "HS256", "kid": "b\nc" }), &claims, other.as_bytes());
        ask(&app, "/jwt/me", &[format!("Bearer {token}")]).await
    });
    let said: Vec<_> =
        lines.iter().filter(|line| line.of == "routekit::auth").map(|line| line.fields.join(" ")).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("tokens of https://login.example.com"), "{said:?}");
    assert!(said[0].contains(r"no known key signed the token (alg HS256, kid b\nc)"), "{said:?}");
    assert!(said[1].contains("tokens of https://other") && said[1].contains("expired"), "{said:?}");
}

#[test]
fn invalid_settings_are_startup_errors() {
    let tokens = || Jwt::new(ISSUER, AUDIENCE);
    let key = || VerifyingKey::secret(Algorithm::HS256, SECRET);
    for (name, tokens, expected) in [
        ("no keys", tokens(), "there are no keys"),
        ("no issuer", Jwt::new("", AUDIENCE).key(key()), "the issuer is empty"),
        ("no audience", Jwt::new(ISSUER, "").key(key()), "an audience is empty"),
        (
            "a short secret",
            tokens().key(VerifyingKey::secret(Algorithm::HS256, "hunter2")),
            "shorter than the 32 bytes",
        ),
        (
            "nine keys of an id",
            (0..9).fold(tokens(), |tokens, _| tokens.key(key().kid("a"))),
            "the key `a`: only 8 of such keys are tried",
        ),
        (
            "a public key as a secret",
            tokens().key(VerifyingKey::secret(Algorithm::HS256, &RSA.public)),
            "the secret is the text of a PEM file",
        ),
        ("no pointer", tokens().key(key()).roles_at("realm_access.roles"), "write `/realm_access/roles`"),
        (
            "a claim's name that is a URL",
            tokens().key(key()).roles_at("https://acme/roles"),
            "write `/https:~1~1acme~1roles`",
        ),
        ("no scheme", tokens().key(key()).scheme(""), "`` is not the name of a scheme"),
        ("a scheme with a space", tokens().key(key()).scheme("Token "), "`Token ` is not the name of a scheme"),
        ("a client without a name", tokens().key(key()).without_subject(""), "`without_subject` has no name"),
        (
            "no PEM",
            tokens().key(VerifyingKey::pem(Algorithm::RS256, "hunter2").kid("a")),
            "the key `a`: not a PEM file",
        ),
        (
            "a private key",
            tokens().key(VerifyingKey::pem(Algorithm::RS256, &RSA.secret)),
            "this is a private key; use its public key",
        ),
        (
            "another kind of key",
            tokens().key(VerifyingKey::pem(Algorithm::ES256, &RSA.public)),
            "this is an RSA key, not a key for ES256",
        ),
    ] {
        let debug = format!("{tokens:?}");
        let error = App::with_routes(routes![me]).verifier(tokens).config(Config::default()).into_router();
        let error = error.unwrap_err().to_string();
        assert!(error.contains("tokens of ") && error.contains(expected), "{name}: {error}");
        assert!(!error.contains("hunter2") && !debug.contains("hunter2"), "{name}");
    }
}

/// Our decision equals that of `jsonwebtoken`. We are stricter in the second of `exp` itself (not tried here), in a
/// list of issuers, and in an empty `sub`.
#[test]
fn claims_are_decided_as_jsonwebtoken_decides() {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let app = TestApp::new(
        App::with_routes(routes![me])
            .verifier(Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET))),
    );
    let now = unix_time();
    let values = [
        json!(null),
        json!("0"),
        json!(0),
        json!(now + 100),
        json!(now - 100),
        json!(1.5),
        json!(-1),
        json!([]),
        json!([ISSUER]),
        json!(""),
        json!(1e300),
        json!({}),
        json!(true),
    ];
    let pick = |good: Value| prop_oneof![Just(good), select(values.to_vec())];
    let inputs =
        (pick(json!(ISSUER)), pick(json!([AUDIENCE])), pick(json!(now + 100)), pick(json!(now)), pick(json!("ann")));
    let accepted = Cell::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    check(512, &inputs, |(iss, aud, exp, nbf, sub)| {
        let changes = json!({ "iss": iss, "aud": aud, "exp": exp, "nbf": nbf, "sub": sub });
        let token = with_hmac(&json!({ "alg": "HS256" }), &claims(&changes), SECRET);
        let theirs = decode::<Value>(&token, &DecodingKey::from_secret(SECRET), &validation).is_ok();
        let theirs = theirs && iss.is_string() && sub != "";
        let ours = runtime.block_on(ask(&app, "/jwt/me", &[format!("Bearer {token}")])).0 == 200;
        accepted.set(accepted.get() + u32::from(ours));
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
    assert!(accepted.get() > 10, "{accepted:?} tokens were accepted");
}
