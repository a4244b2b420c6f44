//! All keys of an issuer.

use std::{collections::HashMap, fmt, sync::Arc};

use super::{Algorithm, Key};

/// Keys, by their ids. What a token names is looked up here and nowhere else.
#[derive(Clone, Default)]
pub(in crate::auth) struct Keys {
    named: HashMap<String, Arc<Key>>,
    /// One an algorithm.
    unnamed: Vec<Arc<Key>>,
    problems: Vec<String>,
}

impl Keys {
    pub(in crate::auth) fn add(&mut self, key: Key) {
        let label = match key.id() {
            Some(kid) => format!("the key `{kid}`"),
            None => format!("the key for {:?}", key.algorithm()),
        };
        if let Some(problem) = key.problem() {
            self.problems.push(format!("{label}: {problem}"));
        }
        let twice = match key.id() {
            Some(kid) => self.named.insert(kid.to_owned(), Arc::new(key)).is_some(),
            None => {
                let twice = self.unnamed(key.algorithm()).is_some();
                self.unnamed.push(Arc::new(key));
                twice
            }
        };
        if twice {
            self.problems.push(format!("{label} is given twice; keys are told apart by their `kid`"));
        }
    }

    /// The key for a token with this `kid` and algorithm.
    pub(in crate::auth) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Arc<Key>> {
        match kid.and_then(|kid| self.named.get(kid)) {
            // Whatever else fits: it is named, so it is meant.
            Some(named) => (named.algorithm() == algorithm).then_some(named),
            None => self.unnamed(algorithm).or_else(|| self.only(algorithm).filter(|_| kid.is_none())),
        }
    }

    fn unnamed(&self, algorithm: Algorithm) -> Option<&Arc<Key>> {
        self.unnamed.iter().find(|key| key.algorithm() == algorithm)
    }

    /// A token without `kid` means the one key that it can mean.
    fn only(&self, algorithm: Algorithm) -> Option<&Arc<Key>> {
        let mut fitting = self.named.values().filter(|key| key.algorithm() == algorithm);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    pub(in crate::auth) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.unnamed.is_empty()
    }

    pub(in crate::auth) fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.named.values().chain(&self.unnamed)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8, algorithm: Algorithm) -> Key {
        Key::secret(algorithm, [byte; 64])
    }

    #[test]
    fn which_key_is_meant() {
        let mut one = Keys::default();
        one.add(key(1, Algorithm::HS256).kid("a"));
        let mut two = one.clone();
        two.add(key(2, Algorithm::HS256).kid("b"));
        let mut unnamed = two.clone();
        unnamed.add(key(3, Algorithm::HS256));
        for (name, keys, kid, algorithm, expected) in [
            ("by id", &two, Some("b"), Algorithm::HS256, Some(Some("b"))),
            ("another algorithm", &two, Some("b"), Algorithm::HS384, None),
            ("unknown", &two, Some("c"), Algorithm::HS256, None),
            ("unknown, and there is one", &one, Some("c"), Algorithm::HS256, None),
            ("no id, and there is one", &one, None, Algorithm::HS256, Some(Some("a"))),
            ("no id, and there are two", &two, None, Algorithm::HS256, None),
            ("no id, and there is one without", &unnamed, None, Algorithm::HS256, Some(None)),
            ("unknown, and there is one without", &unnamed, Some("c"), Algorithm::HS256, Some(None)),
            ("another algorithm's id, and there is one without", &unnamed, Some("a"), Algorithm::HS512, None),
        ] {
            assert_eq!(keys.find(kid, algorithm).map(|key| key.id()), expected, "{name}");
        }
    }

    #[test]
    fn keys_are_told_apart() {
        for (name, first, second) in [
            ("by id", key(1, Algorithm::HS256).kid("a"), key(2, Algorithm::HS512).kid("a")),
            ("by algorithm", key(1, Algorithm::HS256), key(2, Algorithm::HS256)),
        ] {
            let mut keys = Keys::default();
            keys.add(first);
            assert_eq!(keys.problems().len(), 0, "{name}");
            keys.add(second);
            assert_eq!(keys.problems().len(), 1, "{name}");
        }
    }
}
