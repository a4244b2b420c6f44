//! The keys of an issuer, and which of them may verify a token.

use std::{collections::BTreeMap, fmt};

use super::{algorithm::Algorithm, key::VerifyingKey, token::Token};

/// Keys by id. A `kid` is looked up here and nowhere else.
#[derive(Clone, Default)]
pub(super) struct Keys {
    /// Keys with the same id should have different algorithms (RFC 7517 §4.5), and do not always.
    named: BTreeMap<String, Vec<VerifyingKey>>,
    unnamed: Vec<VerifyingKey>,
    problems: Vec<String>,
}

/// The result of checking the signature of a token with some keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureCheck {
    /// One of the keys signed the token.
    Valid,
    /// The token was not signed by the key that `kid` names.
    Invalid,
    /// None of the keys applies to it.
    UnknownKey,
}

/// The maximum number of keys that are tried for one token, so that no token costs many verifications.
const MAX_TRIES: usize = 8;

impl Keys {
    pub(super) fn add(&mut self, key: VerifyingKey) {
        let label = match key.id() {
            Some(kid) => format!("the key `{kid}`"),
            None => format!("the key for {:?}", key.algorithm()),
        };
        if let Some(problem) = key.problem() {
            self.problems.push(format!("{label}: {problem}"));
        }
        let same = match key.id() {
            Some(kid) => self.named.entry(kid.to_owned()).or_default(),
            None => &mut self.unnamed,
        };
        if same.iter().filter(|other| other.algorithm() == key.algorithm()).count() == MAX_TRIES {
            self.problems.push(format!("{label}: only {MAX_TRIES} of such keys are tried; give each its own `kid`"));
        }
        same.push(key);
    }

    /// The keys with this id and algorithm.
    pub(super) fn named(&self, kid: &str, algorithm: Algorithm) -> impl Iterator<Item = &VerifyingKey> {
        self.named.get(kid).into_iter().flatten().filter(move |key| key.algorithm() == algorithm)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.unnamed.is_empty()
    }

    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// Checks a signature with the keys that the token names, else with the keys without an id, and if the token names no
/// key, with all keys. If a named key exists, no other key is tried. At most [`MAX_TRIES`] keys are tried.
pub(super) fn check_signature(all: &[&Keys], token: &Token<'_>) -> SignatureCheck {
    let algorithm = token.algorithm();
    let named = |kid| all.iter().flat_map(move |keys| keys.named(kid, algorithm));
    if let Some(mut named) = token.kid().map(|kid| named(kid).take(MAX_TRIES).peekable())
        && named.peek().is_some()
    {
        return if named.any(|key| token.is_signed_by(key)) { SignatureCheck::Valid } else { SignatureCheck::Invalid };
    }
    let unnamed = all.iter().flat_map(|keys| &keys.unnamed);
    let named = all.iter().flat_map(|keys| keys.named.values().flatten()).filter(|_| token.kid().is_none());
    let mut candidates = unnamed.chain(named).filter(|key| key.algorithm() == algorithm).take(MAX_TRIES);
    if candidates.any(|key| token.is_signed_by(key)) { SignatureCheck::Valid } else { SignatureCheck::UnknownKey }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.named.values().flatten().chain(&self.unnamed)).finish()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};

    use super::*;

    fn key(byte: u8, algorithm: Algorithm) -> VerifyingKey {
        VerifyingKey::secret(algorithm, [byte; 64])
    }

    fn keys(all: impl IntoIterator<Item = VerifyingKey>) -> Keys {
        let mut keys = Keys::default();
        all.into_iter().for_each(|key| keys.add(key));
        keys
    }

    #[test]
    fn kid_selects_the_key() {
        const HS256: Algorithm = Algorithm::HS256;
        let (a, b, c) = (|| key(1, HS256).kid("a"), || key(2, HS256).kid("b"), || key(3, HS256));
        let none = Keys::default();
        let two = keys([a(), b()]);
        let unnamed = keys([c(), key(4, HS256)]);
        let same_id = keys([key(5, Algorithm::HS512).kid("a"), a()]);
        let twin = keys([a(), key(6, HS256).kid("a")]);
        let nine = keys((11..20).map(|byte| key(byte, HS256).kid("a")));
        let many = keys((11..20).map(|byte| key(byte, HS256)));
        for (name, first, second, kid, signer, expected) in [
            ("by id", &two, &none, Some("b"), 2, SignatureCheck::Valid),
            ("by id, in the second", &unnamed, &two, Some("b"), 2, SignatureCheck::Valid),
            ("by an id that two algorithms have", &same_id, &none, Some("a"), 1, SignatureCheck::Valid),
            ("by an id of two keys, the second", &twin, &none, Some("a"), 6, SignatureCheck::Valid),
            ("by an id of two keys in two lists", &two, &twin, Some("a"), 6, SignatureCheck::Valid),
            ("by an id of two keys, neither", &twin, &none, Some("a"), 2, SignatureCheck::Invalid),
            ("by an id of nine keys, the eighth", &nine, &none, Some("a"), 18, SignatureCheck::Valid),
            ("by an id of nine keys, the ninth", &nine, &none, Some("a"), 19, SignatureCheck::Invalid),
            ("another key's id", &two, &none, Some("a"), 2, SignatureCheck::Invalid),
            ("another key's id, and the key has none", &two, &unnamed, Some("a"), 3, SignatureCheck::Invalid),
            ("an unknown id", &two, &none, Some("c"), 1, SignatureCheck::UnknownKey),
            ("an unknown id, of a key without", &two, &unnamed, Some("c"), 4, SignatureCheck::Valid),
            ("no id", &two, &none, None, 2, SignatureCheck::Valid),
            ("no id, of a key without", &two, &unnamed, None, 3, SignatureCheck::Valid),
            ("no id, of an unknown key", &two, &unnamed, None, 9, SignatureCheck::UnknownKey),
            ("no id, the eighth of many", &many, &none, None, 18, SignatureCheck::Valid),
            ("no id, the ninth of many", &many, &none, None, 19, SignatureCheck::UnknownKey),
            ("no keys", &none, &none, None, 1, SignatureCheck::UnknownKey),
        ] {
            let header = Header { kid: kid.map(str::to_owned), ..Header::default() };
            let token = encode(&header, &7, &EncodingKey::from_secret(&[signer; 64])).unwrap();
            let token = Token::parse(token.as_bytes()).unwrap();
            assert_eq!(check_signature(&[first, second], &token), expected, "{name}");
        }
    }

    #[test]
    fn more_keys_than_are_tried_are_a_problem() {
        for (name, kid, count, problems) in [
            ("one id", Some("a"), MAX_TRIES, 0),
            ("one id, one too many", Some("a"), MAX_TRIES + 1, 1),
            ("no id", None, MAX_TRIES, 0),
            ("no id, one too many", None, MAX_TRIES + 1, 1),
        ] {
            let all = (0..count).map(|byte| key(byte as u8, Algorithm::HS256));
            let keys = keys(all.map(|key| match kid {
                Some(kid) => key.kid(kid),
                None => key,
            }));
            assert_eq!(keys.problems().len(), problems, "{name}");
        }
    }
}
