//! The settings of an issuer, valid or not, and the decisions about claims.

use std::cell::Cell;

use proptest::{prelude::Just, prop_assert_eq, prop_oneof, sample::select};
use routekit::{
    auth::jwt::{Algorithm, Jwt, VerifyingKey},
    config::Config,
    prelude::*,
    test::TestApp,
};
use serde_json::{Value, json};

use super::{AUDIENCE, ISSUER, RSA, SECRET, ask, claims, me, unix_time, with_hmac};
use crate::support::check;

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
