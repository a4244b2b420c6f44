//! The keys of an issuer, and which of them may verify a token.

use std::{collections::BTreeMap, fmt};

use super::{algorithm::Algorithm, key::VerifyingKey, token::Token};

/// Keys by id. A `kid` is looked up here and nowhere else.
#[derive(Clone, Default)]
pub(super) struct Keys {
    /// Keys with the same id must have different algorithms (RFC 7517 §4.5).
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

/// The maximum number of keys that are tried for one token.
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
        if key.id().is_some() && same.iter().any(|other| other.algorithm() == key.algorithm()) {
            self.problems.push(format!("{label} is given twice; keys are told apart by their `kid`"));
        }
        same.push(key);
    }

    /// The key with this id and algorithm.
    pub(super) fn named(&self, kid: &str, algorithm: Algorithm) -> Option<&VerifyingKey> {
        self.named.get(kid)?.iter().find(|key| key.algorithm() == algorithm)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.unnamed.is_empty()
    }

    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// Checks a signature with the key that the token names, else with the keys without an id, and if the token names no
/// key, with all keys. If the named key exists, no other key is tried.
pub(super) fn check_signature(all: &[&Keys], token: &Token<'_>) -> SignatureCheck {
    let algorithm = token.algorithm();
    if let Some(named) = token.kid().and_then(|kid| all.iter().find_map(|keys| keys.named(kid, algorithm))) {
        return if token.is_signed_by(named) { SignatureCheck::Valid } else { SignatureCheck::Invalid };
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
        let many = keys((11..20).map(|byte| key(byte, HS256)));
        for (name, first, second, kid, signer, expected) in [
            ("by id", &two, &none, Some("b"), 2, SignatureCheck::Valid),
            ("by id, in the second", &unnamed, &two, Some("b"), 2, SignatureCheck::Valid),
            ("by an id that two algorithms have", &same_id, &none, Some("a"), 1, SignatureCheck::Valid),
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
    fn two_keys_with_one_id_and_algorithm_are_a_problem() {
        for (name, first, second, problems) in [
            ("by id", key(1, Algorithm::HS256).kid("a"), key(2, Algorithm::HS256).kid("b"), 0),
            ("by algorithm", key(1, Algorithm::HS256).kid("a"), key(2, Algorithm::HS512).kid("a"), 0),
            ("not at all", key(1, Algorithm::HS256).kid("a"), key(2, Algorithm::HS256).kid("a"), 1),
            ("by their signatures", key(1, Algorithm::HS256), key(2, Algorithm::HS256), 0),
        ] {
            assert_eq!(keys([first, second]).problems().len(), problems, "{name}");
        }
    }
}
