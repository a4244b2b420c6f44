//! Forged, damaged and misused tokens, which all get the same refusal.

use std::collections::BTreeSet;

use jsonwebtoken::encode;
use routekit::{
    auth::jwt::{Algorithm, Jwt, VerifyingKey},
    prelude::*,
    test::TestApp,
};
use serde_json::{Value, json};

use super::{
    AUDIENCE, ISSUER, OTHER_RSA, RSA, SECRET, app, ask, claims, depth, flipped, forged, header_of, me, signed,
    unix_time, with_header, with_hmac, with_raw_header,
};
use crate::logs;

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
