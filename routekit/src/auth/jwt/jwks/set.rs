//! Parses a key set.

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::source::FetchError;
use crate::auth::jwt::{algorithm::Algorithm, key::VerifyingKey, keys::Keys};

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// The parameters of a key that are used. All others are ignored, whatever their values are (RFC 7517 §4).
const USED: [&str; 10] = ["kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e"];

/// Parses the usable keys of a set, which has at least one. Keys that cannot be read are ignored, so that a new kind of
/// key does not make the others unusable (RFC 7517 §5).
pub(super) fn parse(json: &[u8]) -> Result<Keys, FetchError> {
    // serde's messages may quote the input.
    let set: KeySet = serde_json::from_slice(json).map_err(|_| "not a JSON Web Key Set (RFC 7517 §5)")?;
    let mut keys = Keys::default();
    for key in set.keys.into_iter().filter_map(|key| read(jwk(key)?)) {
        keys.add(key);
    }
    if keys.is_empty() { Err("no key in the set can be used".into()) } else { Ok(keys) }
}

fn jwk(key: Value) -> Option<Jwk> {
    let Value::Object(key) = key else { return None };
    let mut key: Map<_, _> = key.into_iter().filter(|(name, _)| USED.contains(&name.as_str())).collect();
    // The name of RFC 9864, which `jsonwebtoken` does not know.
    if let Some(alg) = key.get_mut("alg").filter(|alg| *alg == "Ed25519") {
        *alg = "EdDSA".into();
    }
    serde_json::from_value(Value::Object(key)).ok()
}

fn read(jwk: Jwk) -> Option<VerifyingKey> {
    let common = &jwk.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if !for_signatures || !verifies {
        return None;
    }
    let algorithm = algorithm(&jwk)?;
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    let key = VerifyingKey::decoded(jwk.common.key_id, algorithm, decoding);
    key.problem().is_none().then_some(key)
}

/// The algorithm that the key states, else the usual one of its kind. `None` if the two contradict each other, and for
/// a shared secret.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let usual = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        // A published secret is not a secret.
        _ => return None,
    };
    let stated = match jwk.common.key_algorithm {
        None => return Some(usual),
        Some(KeyAlgorithm::RS256) => Algorithm::RS256,
        Some(KeyAlgorithm::RS384) => Algorithm::RS384,
        Some(KeyAlgorithm::RS512) => Algorithm::RS512,
        Some(KeyAlgorithm::PS256) => Algorithm::PS256,
        Some(KeyAlgorithm::PS384) => Algorithm::PS384,
        Some(KeyAlgorithm::PS512) => Algorithm::PS512,
        Some(KeyAlgorithm::ES256) => Algorithm::ES256,
        Some(KeyAlgorithm::ES384) => Algorithm::ES384,
        Some(KeyAlgorithm::EdDSA) => Algorithm::EdDSA,
        Some(_) => return None,
    };
    // Each curve has exactly one algorithm.
    (stated == usual || stated.family() == usual.family() && usual == Algorithm::RS256).then_some(stated)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE\
        CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q\
        vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6\
        WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    fn rsa(changes: &Value) -> Value {
        let mut key = json!({ "kty": "RSA", "n": N, "e": "AQAB", "kid": "a" });
        key.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        key
    }

    #[test]
    fn unusable_keys_and_parameters_are_ignored() {
        let p256 = json!({
            "kty": "EC", "crv": "P-256", "kid": "a",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
        });
        let ed =
            json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let ed_with = |name: &str, value: &str| {
            let mut key = ed.clone();
            key[name] = json!(value);
            key
        };
        for (name, key, expected) in [
            ("RSA without an algorithm", rsa(&json!({})), Some(Algorithm::RS256)),
            ("RSA with one", rsa(&json!({ "alg": "PS384" })), Some(Algorithm::PS384)),
            ("RSA with one of another kind", rsa(&json!({ "alg": "ES256" })), None),
            ("RSA with a secret's", rsa(&json!({ "alg": "HS256" })), None),
            ("RSA for encryption", rsa(&json!({ "use": "enc" })), None),
            ("RSA for encryption, by algorithm", rsa(&json!({ "alg": "RSA-OAEP" })), None),
            ("RSA with an unknown algorithm", rsa(&json!({ "alg": "XY256" })), None),
            ("RSA for signing only", rsa(&json!({ "key_ops": ["sign"] })), None),
            ("RSA for verifying", rsa(&json!({ "use": "sig", "key_ops": ["verify"] })), Some(Algorithm::RS256)),
            ("RSA too short", rsa(&json!({ "n": "0vx7agoebGcQSuuPiLJXZg" })), None),
            ("EC", p256.clone(), Some(Algorithm::ES256)),
            ("Ed25519", ed.clone(), Some(Algorithm::EdDSA)),
            ("Ed25519 by its name", ed_with("alg", "Ed25519"), Some(Algorithm::EdDSA)),
            ("Ed25519 by its older name", ed_with("alg", "EdDSA"), Some(Algorithm::EdDSA)),
            ("Ed25519 by another name", ed_with("alg", "Ed448"), None),
            ("RSA by the name of Ed25519", rsa(&json!({ "alg": "Ed25519" })), None),
            (
                "RSA with unused parameters of any type",
                rsa(&json!({ "x5c": "MIIB", "x5t": 5, "x5u": {}, "x5t#S256": [], "nbf": "now", "d": 7 })),
                Some(Algorithm::RS256),
            ),
            ("Ed25519 that is cut off", ed_with("x", "AAAA"), None),
            ("Ed25519 that is too long", ed_with("x", &"A".repeat(76)), None),
            ("Ed25519 on another curve", ed_with("crv", "P-256"), None),
            ("RSA with an exponent of one", rsa(&json!({ "e": "AQ" })), None),
            ("RSA without an exponent", rsa(&json!({ "e": "" })), None),
            ("RSA too long", rsa(&json!({ "n": N.repeat(4) })), None),
            (
                "a secret",
                json!({ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T", "kid": "a" }),
                None,
            ),
            ("an unknown kind", json!({ "kty": "XYZ", "kid": "a" }), None),
            ("no key at all", json!(7), None),
        ] {
            let alone = parse(json!({ "keys": [key] }).to_string().as_bytes());
            let found = alone.ok().and_then(|keys| Some(keys.named("a", expected?).next()?.algorithm()));
            assert_eq!(found, expected, "{name}");
            // An unusable key does not affect the others.
            let other = rsa(&json!({ "kid": "b" }));
            let keys = parse(json!({ "keys": [key, other] }).to_string().as_bytes()).unwrap();
            assert!(keys.named("b", Algorithm::RS256).next().is_some(), "{name}");
        }
    }

    #[test]
    fn malformed_key_sets_are_refused_without_quoting_them() {
        for (name, text) in [("empty", ""), ("HTML", "<p>hunter2</p>"), ("no keys", r#"{"keys":[]}"#), ("a list", "[]")]
        {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{name}: {error}");
        }
    }
}
