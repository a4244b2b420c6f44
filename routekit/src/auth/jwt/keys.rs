//! All keys of an issuer, and which of them a token means.

use std::{collections::BTreeMap, fmt};

use super::{Algorithm, Key, Token};

/// Keys, by their ids. What a token names is looked up here and nowhere else.
#[derive(Clone, Default)]
pub(super) struct Keys {
    /// An id may be that of one key for each algorithm (RFC 7517 §4.5).
    named: BTreeMap<String, Vec<Key>>,
    unnamed: Vec<Key>,
    problems: Vec<String>,
}

/// What some keys say of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// One of them has signed it.
    Signed,
    /// The one that it names has not.
    Forged,
    /// It means none of them.
    Unknown,
}

/// More keys without an id are not tried for one token.
const MOST_TRIES: usize = 8;

impl Keys {
    pub(super) fn add(&mut self, key: Key) {
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

    /// The key of this id and algorithm.
    pub(super) fn named(&self, kid: &str, algorithm: Algorithm) -> Option<&Key> {
        self.named.get(kid)?.iter().find(|key| key.algorithm() == algorithm)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.unnamed.is_empty()
    }

    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// Who of all these has signed the token: the key that it names, or else one without an id. A token that names none may mean
/// any. Of a key that is named, the word is final.
pub(super) fn judge(all: &[&Keys], token: &Token<'_>) -> Verdict {
    let algorithm = token.algorithm();
    if let Some(named) = token.kid().and_then(|kid| all.iter().find_map(|keys| keys.named(kid, algorithm))) {
        return if token.is_signed_with(named) { Verdict::Signed } else { Verdict::Forged };
    }
    let unnamed = all.iter().flat_map(|keys| &keys.unnamed);
    let named = all.iter().flat_map(|keys| keys.named.values().flatten()).filter(|_| token.kid().is_none());
    let mut candidates = unnamed.chain(named).filter(|key| key.algorithm() == algorithm).take(MOST_TRIES);
    if candidates.any(|key| token.is_signed_with(key)) { Verdict::Signed } else { Verdict::Unknown }
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

    fn key(byte: u8, algorithm: Algorithm) -> Key {
        Key::secret(algorithm, [byte; 64])
    }

    fn keys(all: impl IntoIterator<Item = Key>) -> Keys {
        let mut keys = Keys::default();
        all.into_iter().for_each(|key| keys.add(key));
        keys
    }

    #[test]
    fn which_key_is_meant() {
        const HS256: Algorithm = Algorithm::HS256;
        let (a, b, c) = (|| key(1, HS256).kid("a"), || key(2, HS256).kid("b"), || key(3, HS256));
        let none = Keys::default();
        let two = keys([a(), b()]);
        let unnamed = keys([c(), key(4, HS256)]);
        let same_id = keys([key(5, Algorithm::HS512).kid("a"), a()]);
        let many = keys((11..20).map(|byte| key(byte, HS256)));
        for (name, first, second, kid, signer, expected) in [
            ("by id", &two, &none, Some("b"), 2, Verdict::Signed),
            ("by id, in the second", &unnamed, &two, Some("b"), 2, Verdict::Signed),
            ("by an id that two algorithms have", &same_id, &none, Some("a"), 1, Verdict::Signed),
            ("another key's id", &two, &none, Some("a"), 2, Verdict::Forged),
            ("another key's id, and the key has none", &two, &unnamed, Some("a"), 3, Verdict::Forged),
            ("an unknown id", &two, &none, Some("c"), 1, Verdict::Unknown),
            ("an unknown id, of a key without", &two, &unnamed, Some("c"), 4, Verdict::Signed),
            ("no id", &two, &none, None, 2, Verdict::Signed),
            ("no id, of a key without", &two, &unnamed, None, 3, Verdict::Signed),
            ("no id, of nobody", &two, &unnamed, None, 9, Verdict::Unknown),
            ("no id, the eighth of many", &many, &none, None, 18, Verdict::Signed),
            ("no id, the ninth of many", &many, &none, None, 19, Verdict::Unknown),
            ("no keys", &none, &none, None, 1, Verdict::Unknown),
        ] {
            let header = Header { kid: kid.map(str::to_owned), ..Header::default() };
            let token = encode(&header, &7, &EncodingKey::from_secret(&[signer; 64])).unwrap();
            let token = Token::parse(token.as_bytes()).unwrap();
            assert_eq!(judge(&[first, second], &token), expected, "{name}");
        }
    }

    #[test]
    fn keys_are_told_apart() {
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
