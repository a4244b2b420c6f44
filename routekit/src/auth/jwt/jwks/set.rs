//! Parses a key set.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::source::FetchError;
use crate::auth::jwt::{
    algorithm::{Algorithm, Scheme},
    key::VerifyingKey,
    keys::Keys,
    public_key::PublicKey,
};

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// The parameters of a key that are used (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2). All others are ignored.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// Parses the usable keys of a set, which has at least one. Keys that cannot be read are ignored, so that a new kind of
/// key does not make the others unusable (RFC 7517 §5).
pub(super) fn parse(json: &[u8]) -> Result<Keys, FetchError> {
    // serde's messages may quote the input.
    let set: KeySet = serde_json::from_slice(json).map_err(|_| "not a JSON Web Key Set (RFC 7517 §5)")?;
    let mut keys = Keys::default();
    for key in set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()?.verifying_key()) {
        keys.add(key);
    }
    if keys.is_empty() { Err("no key in the set can be used".into()) } else { Ok(keys) }
}

impl Jwk {
    fn verifying_key(self) -> Option<VerifyingKey> {
        let for_signatures = self.purpose.as_ref().is_none_or(|purpose| purpose == "sig");
        let verifies = self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        if !for_signatures || !verifies {
            return None;
        }
        let algorithm = self.algorithm()?;
        let key = match algorithm.scheme() {
            Scheme::Rsa(parameters) => PublicKey::rsa(parameters, &decode(&self.n)?, &decode(&self.e)?),
            Scheme::Ec(scheme) => {
                let [x, y] = [decode(&self.x)?, decode(&self.y)?];
                // A shorter coordinate would move the other one (RFC 7518 §6.2.1.2).
                if x.len() != y.len() {
                    return None;
                }
                PublicKey::point(scheme, [&[UNCOMPRESSED][..], &x, &y].concat())
            }
            Scheme::Ed25519 => PublicKey::ed25519(decode(&self.x)?),
            Scheme::Hmac(_) => return None,
        };
        Some(VerifyingKey::public(self.kid, algorithm, key.ok()?))
    }

    /// The algorithm that the key states, else the usual one of its kind. `None` if the two contradict each other, and
    /// for a shared secret: a published secret is not a secret.
    fn algorithm(&self) -> Option<Algorithm> {
        let usual = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Algorithm::RS256,
            ("EC", Some("P-256")) => Algorithm::ES256,
            ("EC", Some("P-384")) => Algorithm::ES384,
            ("OKP", Some("Ed25519")) => Algorithm::EdDSA,
            _ => return None,
        };
        let Some(stated) = &self.alg else { return Some(usual) };
        let stated = Algorithm::of_name(stated)?;
        // Each curve has exactly one algorithm.
        let agree = match (stated.scheme(), usual) {
            (Scheme::Rsa(_), Algorithm::RS256) => true,
            _ => stated == usual,
        };
        agree.then_some(stated)
    }
}

/// The first byte of a point with both coordinates (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

fn decode(parameter: &Option<String>) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(parameter.as_ref()?).ok()
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
        let p256_with = |name: &str, value: &str| {
            let mut key = p256.clone();
            key[name] = json!(value);
            key
        };
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
            ("EC with a coordinate that is cut off", p256_with("x", "MKBC"), None),
            ("EC on another curve", p256_with("crv", "P-384"), None),
            ("EC beside its curve", p256_with("y", p256["x"].as_str().unwrap()), None),
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
            ("RSA too long", rsa(&json!({ "n": N.repeat(5) })), None),
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
