//! Keys that verify signatures.

use std::{fmt, ops::RangeInclusive};

use jsonwebtoken::{DecodingKey, DecodingKeyKind, crypto::rust_crypto::DEFAULT_PROVIDER};

use super::{
    algorithm::{Algorithm, Family},
    pss,
};

/// A key with its one algorithm. `Debug` prints its id and not the key.
#[derive(Clone)]
#[must_use]
pub struct VerifyingKey {
    kid: Option<String>,
    algorithm: Algorithm,
    /// `Err` is the problem with the key, which the app reports at start-up.
    decoding: Result<DecodingKey, String>,
}

/// At least the minimum of RFC 7518 §3.3, at most what RustCrypto supports.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;
/// Size of a public key (RFC 8032 §5.1.5).
const ED25519_BYTES: usize = 32;

impl VerifyingKey {
    /// Creates a key from a shared secret for `HS256`, `HS384` or `HS512`, of at least 32, 48 or 64 bytes.
    ///
    /// A party that can verify with a shared secret can also sign with it. So a public key is no secret: the app does
    /// not start if the secret is the text of a key file (PEM, SSH or JWK).
    pub fn secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        let decoding = match (algorithm.family(), key_file(secret)) {
            (Family::Hmac { .. }, Some(kind)) => {
                Err(format!("the secret is the text of {kind}; for a public key, use `VerifyingKey::pem` and {PUBLIC}"))
            }
            (Family::Hmac { shortest }, None) if secret.len() < shortest => {
                Err(format!("the secret is shorter than the {shortest} bytes that {algorithm:?} needs (RFC 7518 §3.2)"))
            }
            (Family::Hmac { .. }, None) => Ok(DecodingKey::from_secret(secret)),
            (Family::Rsa | Family::Ec | Family::Ed, _) => {
                Err(format!("{algorithm:?} takes a public key, not a secret"))
            }
        };
        Self { kid: None, algorithm, decoding }
    }

    /// Creates a key from a public key, or a certificate with one, in PEM format, for the asymmetric algorithms.
    ///
    /// `openssl pkey -in … -pubout` extracts the public key from a private key. A key that is for RSA-PSS only
    /// (`id-RSASSA-PSS`, RFC 4055) is used with `PS256`, `PS384` or `PS512`.
    pub fn pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Self {
        let pem = pem.as_ref();
        if contains(pem, b"PRIVATE KEY") {
            let reason = "this is a private key; use its public key: `openssl pkey -in … -pubout`";
            return Self::broken(algorithm, reason.to_owned());
        }
        let decoding = match algorithm.family() {
            Family::Hmac { .. } => {
                return Self::broken(algorithm, format!("{algorithm:?} takes a secret, not a PEM file"));
            }
            Family::Rsa => match pss::rsa_public_key(algorithm, pem) {
                Some(Ok(key)) => Ok(DecodingKey::from_rsa_der(&key)),
                Some(Err(reason)) => return Self::broken(algorithm, reason),
                None => DecodingKey::from_rsa_pem(pem),
            },
            Family::Ec => DecodingKey::from_ec_pem(pem),
            Family::Ed => DecodingKey::from_ed_pem(pem),
        };
        let decoding = decoding.map_err(|error| unreadable(algorithm, pem, &error));
        Self { kid: None, algorithm, decoding }.checked()
    }

    fn broken(algorithm: Algorithm, reason: String) -> Self {
        Self { kid: None, algorithm, decoding: Err(reason) }
    }

    /// Creates a key that was parsed elsewhere.
    #[cfg(feature = "jwks")]
    pub(super) fn decoded(kid: Option<String>, algorithm: Algorithm, decoding: DecodingKey) -> Self {
        Self { kid, algorithm, decoding: Ok(decoding) }.checked()
    }

    /// Sets the key id. The key then verifies tokens with this `kid` and tokens without a `kid`.
    ///
    /// A key without an id verifies tokens whose `kid` is missing or unknown.
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Tries the key at start-up, so that an unusable key is found before the first request.
    fn checked(mut self) -> Self {
        if let Ok(decoding) = &self.decoding
            && let Err(reason) = check(self.algorithm, decoding)
        {
            self.decoding = Err(reason);
        }
        self
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.decoding.as_ref().err().map(String::as_str)
    }

    /// Whether `signature` is this key's signature of `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        let Ok(decoding) = &self.decoding else { return false };
        // The process-wide provider is not used: another crate may have chosen it, or none may be installed.
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm.theirs(), decoding);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// Describes the problem with a PEM file.
fn unreadable(algorithm: Algorithm, pem: &[u8], error: &jsonwebtoken::errors::Error) -> String {
    if contains(pem, b"-----BEGIN ") {
        format!("not a public key for {algorithm:?}: {error}")
    } else {
        "not a PEM file: it has no line `-----BEGIN …`; is it a file name?".to_owned()
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

/// Checks that a key is valid and long enough. Its parts are checked first, because the backend does not check them.
fn check(algorithm: Algorithm, key: &DecodingKey) -> Result<(), String> {
    match (algorithm.family(), key.kind()) {
        (Family::Rsa, DecodingKeyKind::SecretOrDer(der)) => {
            let components = (DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(der);
            let (n, e) = components.map_err(|error| error.to_string())?;
            check_rsa(&n, &e)?;
        }
        (Family::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }) => check_rsa(n, e)?,
        (Family::Ed, DecodingKeyKind::SecretOrDer(point)) if point.len() != ED25519_BYTES => {
            return Err(format!("an Ed25519 key has {ED25519_BYTES} bytes, this one {}", point.len()));
        }
        _ => {}
    }
    (DEFAULT_PROVIDER.verifier_factory)(&algorithm.theirs(), key).map(drop).map_err(|error| error.to_string())
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), String> {
    let bits_of_n = bits(n);
    if !RSA_BITS.contains(&bits_of_n) {
        let (shortest, longest) = (RSA_BITS.start(), RSA_BITS.end());
        return Err(format!("an RSA key of {bits_of_n} bits; it must have {shortest} to {longest} (RFC 7518 §3.3)"));
    }
    // An exponent of 1 signs everything and an even one nothing. RustCrypto refuses exponents above 33 bits.
    if !(2..=33).contains(&bits(e)) || e.last().is_none_or(|last| last % 2 == 0) {
        return Err("an RSA key with an invalid exponent".to_owned());
    }
    Ok(())
}

/// The number of bits of a big-endian number.
fn bits(number: &[u8]) -> usize {
    let Some(first) = number.iter().position(|byte| *byte != 0) else { return 0 };
    (number.len() - first) * 8 - number[first].leading_zeros() as usize
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

    #[test]
    fn rsa_keys_need_a_sound_modulus_and_exponent() {
        let n = [[0x80].as_slice(), &[1; 255]].concat();
        for (name, n, e, sound) in [
            ("usual", &n[..], &[1, 0, 1][..], true),
            ("three", &n, &[3], true),
            ("zeros before it", &n, &[0, 0, 1, 0, 1], true),
            ("short", &n[1..], &[1, 0, 1], false),
            ("long", &[n.as_slice(), &n, &n].concat(), &[1, 0, 1], false),
            ("no exponent", &n, &[], false),
            ("one", &n, &[1], false),
            ("even", &n, &[1, 0, 0], false),
            ("a large exponent", &n, &[1, 0, 0, 0, 0, 0, 1], false),
        ] {
            assert_eq!(check_rsa(n, e).is_ok(), sound, "{name}");
        }
    }

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
            ("another algorithm's PEM", VerifyingKey::pem(Algorithm::ES256, rsa), Some("")),
            ("a PEM with a key that is cut off", VerifyingKey::pem(Algorithm::EdDSA, CUT_OFF), Some("has 32 bytes")),
            ("no PEM", VerifyingKey::pem(Algorithm::RS256, "hunter2"), Some("")),
        ] {
            assert_eq!(key.problem().is_some(), expected.is_some(), "{name}: {:?}", key.problem());
            assert!(key.problem().unwrap_or_default().contains(expected.unwrap_or_default()), "{name}");
            assert!(!key.problem().unwrap_or_default().contains("hunter2"), "{name}");
        }
    }

    #[test]
    fn bits_ignore_leading_zeros() {
        for (number, expected) in [(&[] as &[u8], 0), (&[0, 0], 0), (&[1], 1), (&[0, 0x80, 0], 16), (&[0x7f, 0xff], 15)]
        {
            assert_eq!(bits(number), expected, "{number:?}");
        }
    }
}
