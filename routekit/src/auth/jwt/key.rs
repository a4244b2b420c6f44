//! Keys that verify signatures.

use std::fmt;

use ring::hmac;

use super::{
    algorithm::{Algorithm, Scheme},
    pem,
    public_key::PublicKey,
};

/// A key with its one algorithm. `Debug` prints its id and not the key.
#[derive(Clone)]
#[must_use]
pub struct VerifyingKey {
    kid: Option<String>,
    algorithm: Algorithm,
    /// `Err` is the problem with the key, which the app reports at start-up.
    key: Result<KeyMaterial, String>,
}

#[derive(Clone)]
enum KeyMaterial {
    Secret(hmac::Key),
    Public(PublicKey),
}

impl VerifyingKey {
    /// Creates a key from a shared secret for `HS256`, `HS384` or `HS512`, of at least 32, 48 or 64 bytes.
    ///
    /// A party that can verify with a shared secret can also sign with it. So a public key is no secret: the app does
    /// not start if the secret is the text of a key file (PEM, SSH or JWK).
    pub fn secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        let key = match (algorithm.scheme(), key_file(secret)) {
            (Scheme::Hmac(_), Some(kind)) => {
                Err(format!("the secret is the text of {kind}; for a public key, use `VerifyingKey::pem` and {PUBLIC}"))
            }
            (Scheme::Hmac(hash), None) => match hash.digest_algorithm().output_len() {
                shortest if secret.len() < shortest => Err(format!(
                    "the secret is shorter than the {shortest} bytes that {algorithm:?} needs (RFC 7518 §3.2)"
                )),
                _ => Ok(KeyMaterial::Secret(hmac::Key::new(hash, secret))),
            },
            (Scheme::Rsa(_) | Scheme::Ec(_) | Scheme::Ed25519, _) => {
                Err(format!("{algorithm:?} takes a public key, not a secret"))
            }
        };
        Self { kid: None, algorithm, key }
    }

    /// Creates a key from a public key, or a certificate with one, in PEM format, for the asymmetric algorithms.
    ///
    /// `openssl pkey -in … -pubout` extracts the public key from a private key. A key that is for RSA-PSS only
    /// (`id-RSASSA-PSS`, RFC 4055) is used with `PS256`, `PS384` or `PS512`.
    pub fn pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Self {
        let pem = pem.as_ref();
        let key = if contains(pem, b"PRIVATE KEY") {
            Err("this is a private key; use its public key: `openssl pkey -in … -pubout`".to_owned())
        } else if let Scheme::Hmac(_) = algorithm.scheme() {
            Err(format!("{algorithm:?} takes a secret, not a PEM file"))
        } else {
            pem::read(algorithm, pem).map(KeyMaterial::Public)
        };
        Self { kid: None, algorithm, key }
    }

    /// Creates a key that was parsed elsewhere.
    #[cfg(feature = "jwks")]
    pub(super) fn public(kid: Option<String>, algorithm: Algorithm, key: PublicKey) -> Self {
        Self { kid, algorithm, key: Ok(KeyMaterial::Public(key)) }
    }

    /// Sets the key id. The key then verifies tokens with this `kid` and tokens without a `kid`.
    ///
    /// A key without an id verifies tokens whose `kid` is missing or unknown.
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.key.as_ref().err().map(String::as_str)
    }

    /// Whether `signature` is this key's signature of `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Ok(KeyMaterial::Secret(key)) => hmac::verify(key, message, signature).is_ok(),
            Ok(KeyMaterial::Public(key)) => key.has_signed(message, signature),
            Err(_) => false,
        }
    }
}

/// An algorithm of public keys, for messages.
const PUBLIC: &str = "an algorithm such as `Algorithm::RS256`";

/// The kind of key file that `secret` is the text of (RFC 8725 §3.1: a public key must not become a secret).
fn key_file(secret: &[u8]) -> Option<&'static str> {
    let text = secret.trim_ascii_start();
    if contains(text, b"-----BEGIN ") {
        Some("a PEM file")
    } else if text.starts_with(b"ssh-") || text.starts_with(b"ecdsa-sha2-") {
        Some("an SSH key")
    } else if text.starts_with(b"{") && contains(text, br#""kty""#) {
        Some("a JSON Web Key")
    } else {
        None
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An Ed25519 key that is three bytes long.
    const CUT_OFF: &str = "-----BEGIN PUBLIC KEY-----\nMA0wBQYDK2VwAwQAAAAA\n-----END PUBLIC KEY-----\n";

    /// A key for P-256 that is not on the curve.
    const OFF_CURVE: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n\
        AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn invalid_keys_are_reported_at_start_up() {
        let rsa = include_str!("../../docs/rsa-public.pem");
        for (name, key, expected) in [
            ("a short secret", VerifyingKey::secret(Algorithm::HS256, [0; 31]), Some("shorter than the 32 bytes")),
            (
                "a shorter one for another",
                VerifyingKey::secret(Algorithm::HS512, [0; 63]),
                Some("shorter than the 64 bytes"),
            ),
            ("a secret", VerifyingKey::secret(Algorithm::HS256, [0; 32]), None),
            ("a PEM as a secret", VerifyingKey::secret(Algorithm::HS256, rsa), Some("the text of a PEM file")),
            (
                "a PEM as a secret, with space before it",
                VerifyingKey::secret(Algorithm::HS512, format!("\n {rsa}")),
                Some("the text of a PEM file"),
            ),
            (
                "an SSH key as a secret",
                VerifyingKey::secret(Algorithm::HS256, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMqqnkVzrm0SdG6UOoqKLsabg"),
                Some("the text of an SSH key"),
            ),
            (
                "a JWK as a secret",
                VerifyingKey::secret(Algorithm::HS256, r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg"}"#),
                Some("the text of a JSON Web Key"),
            ),
            ("a secret for RSA", VerifyingKey::secret(Algorithm::RS256, [0; 64]), Some("takes a public key")),
            ("a PEM for HMAC", VerifyingKey::pem(Algorithm::HS256, rsa), Some("takes a secret")),
            ("a PEM", VerifyingKey::pem(Algorithm::PS512, rsa), None),
            ("another algorithm's PEM", VerifyingKey::pem(Algorithm::ES256, rsa), Some("this is an RSA key")),
            ("a PEM with a key that is cut off", VerifyingKey::pem(Algorithm::EdDSA, CUT_OFF), Some("has 32 bytes")),
            ("a point on no curve", VerifyingKey::pem(Algorithm::ES256, OFF_CURVE), Some("point of its curve")),
            ("a PEM of another curve", VerifyingKey::pem(Algorithm::ES384, OFF_CURVE), Some("of the curve P-256")),
            ("a PEM without its end", VerifyingKey::pem(Algorithm::EdDSA, &CUT_OFF[..45]), Some("is cut off")),
            ("a PEM of no base64", VerifyingKey::pem(Algorithm::EdDSA, CUT_OFF.replace('M', "%")), Some("is damaged")),
            ("no PEM", VerifyingKey::pem(Algorithm::RS256, "hunter2"), Some("not a PEM file")),
        ] {
            assert_eq!(key.problem().is_some(), expected.is_some(), "{name}: {:?}", key.problem());
            assert!(key.problem().unwrap_or_default().contains(expected.unwrap_or_default()), "{name}");
            assert!(!key.problem().unwrap_or_default().contains("hunter2"), "{name}");
        }
    }
}
