//! API keys.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    ops::RangeInclusive,
    str::FromStr,
};

use http::{HeaderName, request::Parts};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::verifier::{Verifier, VerifyError};
use crate::identity::Identity;

/// Identifies clients by a key in a header, `X-API-Key` by default.
///
/// 1. Only the SHA-256 of a key is stored. That is safe for random keys of at least 128 bits, and not for passwords.
/// 2. Keys are looked up by a hash with a secret of this process and compared in constant time, so response times do
///    not reveal how much of a key is correct.
/// 3. A request with more than one such header is refused.
/// 4. The [issuer](Identity::issuer) of these clients is `api-keys`, unless their identity has one.
///
/// ```
/// use routekit::{auth::ApiKeys, identity::Identity};
///
/// let keys = ApiKeys::new()
///     // `printf %s "$KEY" | sha256sum`
///     .digest("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", Identity::new("reports"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct ApiKeys {
    header: HeaderName,
    keys: HashMap<ApiKeyDigest, Identity>,
    problems: Vec<String>,
}

/// Shorter keys can be guessed, longer keys have no benefit. The length of a key that is known by its digest cannot be
/// checked at start-up, so requests are not checked for the minimum.
const LENGTHS: RangeInclusive<usize> = 16..=1024;

impl ApiKeys {
    /// Creates a verifier without keys.
    pub fn new() -> Self {
        Self { header: HeaderName::from_static("x-api-key"), keys: HashMap::new(), problems: Vec::new() }
    }

    /// Sets the header that contains the key. Defaults to `X-API-Key`.
    pub fn header(mut self, name: HeaderName) -> Self {
        self.header = name;
        self
    }

    /// Adds a client with this key.
    ///
    /// The app does not start if the key is shorter than 16 or longer than 1024 characters, or contains other
    /// characters than visible ASCII.
    pub fn key(mut self, key: impl AsRef<[u8]>, identity: Identity) -> Self {
        let key = key.as_ref();
        let sub = identity.sub();
        if !LENGTHS.contains(&key.len()) {
            let (shortest, longest) = (LENGTHS.start(), LENGTHS.end());
            self.problems.push(format!("the key of `{sub}` must have {shortest} to {longest} characters"));
            return self;
        } else if !key.iter().all(u8::is_ascii_graphic) {
            self.problems.push(format!(
                "the key of `{sub}` must consist of visible ASCII characters; does it end with a line break?"
            ));
        }
        self.insert(ApiKeyDigest::of(key), identity);
        self
    }

    /// Adds a client by the SHA-256 of its key, in hexadecimal digits. The app does not start if `digest` is malformed.
    ///
    /// The length of the key cannot be seen from its digest, so no minimum applies: only use random keys of at least
    /// 128 bits. A key longer than 1024 characters is never accepted.
    pub fn digest(mut self, digest: &str, identity: Identity) -> Self {
        match digest.parse() {
            Ok(digest) if digest == ApiKeyDigest::of(b"") => {
                self.problems.push(format!("the digest of `{}` is that of an empty key", identity.sub()));
            }
            Ok(digest) => self.insert(digest, identity),
            Err(error) => self.problems.push(format!("the digest of `{}`: {error}", identity.sub())),
        }
        self
    }

    fn insert(&mut self, digest: ApiKeyDigest, identity: Identity) {
        let sub = identity.sub().to_owned();
        let identity = if identity.issuer().is_some() { identity } else { identity.with_issuer(ISSUER) };
        if let Some(other) = self.keys.insert(digest, identity) {
            self.problems.push(format!("`{}` and `{sub}` have the same key", other.sub()));
        }
    }
}

/// The issuer of clients whose identity has none, so that the `sub` of a token never denotes the same client.
const ISSUER: &str = "api-keys";

impl Default for ApiKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier for ApiKeys {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        let mut all = request.headers.get_all(&self.header).iter();
        let Some(key) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err(VerifyError::refused("more than one API key"));
        }
        if key.is_empty() || key.len() > *LENGTHS.end() {
            return Err(VerifyError::refused("the API key is empty or too long"));
        }
        let identity = self.keys.get(&ApiKeyDigest::of(key.as_bytes()));
        identity.cloned().map(Some).ok_or(VerifyError::refused("the API key is unknown"))
    }

    fn name(&self) -> String {
        format!("API keys in `{}`", self.header)
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("ApiKey")
    }

    fn sensitive_headers(&self) -> Vec<HeaderName> {
        vec![self.header.clone()]
    }

    fn uses_cookies(&self) -> bool {
        false
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if self.keys.is_empty() && problems.is_empty() {
            problems.push("there are no keys".to_owned());
        }
        problems
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").field("header", &self.header).field("keys", &self.keys.len()).finish()
    }
}

/// The SHA-256 of an API key, for verifiers that look up keys in a database. Equality takes constant time.
#[derive(Clone, Copy)]
pub struct ApiKeyDigest([u8; 32]);

impl ApiKeyDigest {
    /// Hashes `key`.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl PartialEq for ApiKeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ApiKeyDigest {}

impl Hash for ApiKeyDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Parses 64 hexadecimal digits.
impl FromStr for ApiKeyDigest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let mut digest = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return Err(InvalidDigest);
        }
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            let (Some(high), Some(low)) = (value(*high), value(*low)) else { return Err(InvalidDigest) };
            *byte = high << 4 | low;
        }
        Ok(Self(digest))
    }
}

/// Writes 64 lower-case hexadecimal digits, which [`FromStr`] reads.
impl fmt::Display for ApiKeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ApiKeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyDigest(…)")
    }
}

/// The error of parsing an [`ApiKeyDigest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDigest;

impl fmt::Display for InvalidDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the 64 hexadecimal digits of a SHA-256")
    }
}

impl std::error::Error for InvalidDigest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_round_trip_through_text() {
        let of_foo = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        assert_eq!(ApiKeyDigest::of(b"foo").to_string(), of_foo);
        assert!(of_foo.to_uppercase().parse::<ApiKeyDigest>().unwrap() == ApiKeyDigest::of(b"foo"));
        for (name, text) in [
            ("short", &of_foo[2..]),
            ("odd", &of_foo[1..]),
            ("long", &format!("{of_foo}00")),
            ("a sign", &of_foo.replace("2c", "+c")),
            ("no digit", &of_foo.replace("2c", "zz")),
        ] {
            assert_eq!(text.parse::<ApiKeyDigest>().err(), Some(InvalidDigest), "{name}");
        }
    }

    #[test]
    fn invalid_keys_are_reported_at_start_up() {
        let ann = || Identity::new("ann");
        let long = "0123456789abcdef";
        for (name, keys, expected) in [
            ("none", ApiKeys::new(), &["there are no keys"] as &[_]),
            ("short", ApiKeys::new().key("abc", ann()), &["the key of `ann` must have 16 to 1024 characters"]),
            (
                "long",
                ApiKeys::new().key("a".repeat(1025), ann()),
                &["the key of `ann` must have 16 to 1024 characters"],
            ),
            (
                "from a file",
                ApiKeys::new().key(format!("{long}\n"), ann()),
                &["the key of `ann` must consist of visible ASCII characters; does it end with a line break?"],
            ),
            (
                "of nothing",
                ApiKeys::new().digest(&ApiKeyDigest::of(b"").to_string(), ann()),
                &["the digest of `ann` is that of an empty key"],
            ),
            (
                "not a digest",
                ApiKeys::new().digest("abc", ann()),
                &["the digest of `ann`: expected the 64 hexadecimal digits of a SHA-256"],
            ),
            (
                "twice",
                ApiKeys::new().key(long, ann()).key(long, Identity::new("bob")),
                &["`ann` and `bob` have the same key"],
            ),
            ("fine", ApiKeys::new().key(long, ann()), &[]),
        ] {
            assert_eq!(keys.problems(), expected, "{name}");
        }
    }
}
