//! What tells one stored answer from another.

use std::{
    fmt,
    hash::{BuildHasher, Hasher},
    sync::LazyLock,
};

use foldhash::quality::RandomState;
use http::{HeaderMap, HeaderName, Uri, header};
use sha2::{Digest, Sha256};

use crate::cache::{glob::Glob, headers::vary, hex::hex};
use crate::identity::Identity;

/// Under which an entry is stored.
///
/// The bytes are the key; its hash only finds the place. A store compares the bytes, so that two keys of one hash cost a miss and
/// never an answer that is another's.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    bytes: Vec<u8>,
    hash: u64,
}

/// Seeded once a process, so that nobody outside can look for keys of one hash.
static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::default);

impl Key {
    /// These bytes. Whoever makes them has written them so that two different things are never the same bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let mut hasher = STATE.build_hasher();
        hasher.write(&bytes);
        Self { hash: hasher.finish(), bytes }
    }

    /// The whole of it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where to look for it; another one in each process.
    pub(in crate::cache) fn hash(&self) -> u64 {
        self.hash
    }

    /// Half a SHA-256 in hexadecimal: the same in every process, and nothing of what the key is made from.
    #[must_use]
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.bytes)[..16])
    }

    /// The key of the answer to a request with these headers, where answers of this key differ by those of these names
    /// (RFC 9111 §4.1). No route makes such a key: its route has a fixed number of parts, and this has more.
    pub(in crate::cache) fn variant(&self, names: &[HeaderName], headers: &HeaderMap) -> Self {
        let mut bytes = self.bytes.clone();
        for name in names {
            put(&mut bytes, name.as_str().as_bytes());
            match vary::value(headers, name) {
                Some(value) => {
                    bytes.push(1);
                    put(&mut bytes, &value);
                }
                None => bytes.push(0),
            }
        }
        Self::new(bytes)
    }

    /// To be kept: without room that is not needed.
    pub(in crate::cache) fn shrunk(mut self) -> Self {
        self.bytes.shrink_to_fit();
        self
    }

    #[cfg(test)]
    pub(in crate::cache) fn with_hash(bytes: &[u8], hash: u64) -> Self {
        Self { bytes: bytes.into(), hash }
    }

    /// What patterns see of a key that [`KeyParts`] made, or of that of a value, unless it is hashed.
    pub(in crate::cache) fn readable(&self) -> Readable {
        let mut rest = &*self.bytes;
        let mut next = || part(&mut rest).map(|part| String::from_utf8_lossy(part).into_owned());
        let _route = next();
        Readable {
            partition: next().unwrap_or_default(),
            path: next().unwrap_or_default(),
            query: next().unwrap_or_default(),
        }
    }
}

/// Without the key itself, which may say who asked.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.digest())
    }
}

/// The parts of a key that patterns are about.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cache) struct Readable {
    pub(in crate::cache) partition: String,
    pub(in crate::cache) path: String,
    /// With its `?`, its pairs sorted.
    pub(in crate::cache) query: String,
}

impl Readable {
    /// Whether a pattern in a partition is about it.
    pub(in crate::cache) fn fits(&self, partition: &str, pattern: &Glob) -> bool {
        if self.partition != partition {
            return false;
        }
        if pattern.has_query() {
            return pattern.matches(&format!("{}{}", self.path, self.query));
        }
        pattern.matches(&self.path)
    }
}

/// What the key of a request is made from.
pub(in crate::cache) struct KeyParts<'a> {
    /// The template, or HEAD, which tell apart what two routes answer for one path.
    pub(in crate::cache) route: &'a str,
    pub(in crate::cache) partition: &'a str,
    pub(in crate::cache) uri: &'a Uri,
    pub(in crate::cache) headers: &'a HeaderMap,
    /// In place of the query.
    pub(in crate::cache) custom: Option<&'a str>,
    /// The names of headers that tell answers apart.
    pub(in crate::cache) vary: &'a [HeaderName],
    /// Whose entry it is: `None` where it is everybody's, `Some(None)` where it is that of all who are not known.
    pub(in crate::cache) user: Option<Option<&'a Identity>>,
}

impl KeyParts<'_> {
    /// Each part with its length before it, so that no two lists of parts are the same bytes.
    pub(in crate::cache) fn key(&self) -> Key {
        let mut bytes = Vec::with_capacity(192);
        put(&mut bytes, self.route.as_bytes());
        put(&mut bytes, self.partition.as_bytes());
        put(&mut bytes, self.uri.path().as_bytes());
        match self.custom {
            Some(custom) => put_with(&mut bytes, |bytes| {
                bytes.push(b'?');
                bytes.extend_from_slice(custom.as_bytes());
            }),
            None => put_with(&mut bytes, |bytes| put_query(bytes, self.uri.query())),
        }
        put(&mut bytes, self.uri.scheme_str().unwrap_or_default().as_bytes());
        // Hosts are the same in any case (RFC 9110 §4.2.3). A handler may look at either, so both are in it.
        match self.uri.authority() {
            Some(authority) => put_lower(&mut bytes, authority.as_str().as_bytes()),
            None => bytes.extend_from_slice(&length(0)),
        }
        put_values(&mut bytes, self.headers, &header::HOST, put_lower);
        match self.user {
            None => bytes.push(0),
            Some(None) => bytes.push(1),
            Some(Some(identity)) => {
                bytes.push(2 + u8::from(identity.issuer().is_some()));
                put(&mut bytes, identity.sub().as_bytes());
                put(&mut bytes, identity.issuer().unwrap_or_default().as_bytes());
                // A handler may show more to whoever was granted more.
                for grants in [identity.roles(), identity.scopes(), identity.permissions()] {
                    bytes.extend_from_slice(&length(grants.len()));
                    grants.iter().for_each(|grant| put(&mut bytes, grant.as_bytes()));
                }
            }
        }
        for name in self.vary {
            put_values(&mut bytes, self.headers, name, put);
        }
        Key::new(bytes)
    }
}

pub(in crate::cache) fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&length(part.len()));
    bytes.extend_from_slice(part);
}

/// Takes the first part off what [`put`] wrote.
pub(in crate::cache) fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *bytes = rest;
    Some(part)
}

fn put_lower(bytes: &mut Vec<u8>, part: &[u8]) {
    put(bytes, part);
    let start = bytes.len() - part.len();
    bytes[start..].make_ascii_lowercase();
}

/// A part whose length is known once it is written.
fn put_with(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    write(bytes);
    let written = length(bytes.len() - start - 4);
    bytes[start..start + 4].copy_from_slice(&written);
}

/// How many values a header has, and each of them.
fn put_values(bytes: &mut Vec<u8>, headers: &HeaderMap, name: &HeaderName, put: fn(&mut Vec<u8>, &[u8])) {
    if headers.len() == headers.keys_len() {
        // No header has a second value, and one look finds the first.
        let value = headers.get(name);
        bytes.extend_from_slice(&length(usize::from(value.is_some())));
        if let Some(value) = value {
            put(bytes, value.as_bytes());
        }
        return;
    }
    let values = headers.get_all(name);
    bytes.extend_from_slice(&length(values.iter().count()));
    values.iter().for_each(|value| put(bytes, value.as_bytes()));
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a request's head is smaller than 4 GiB").to_le_bytes()
}

/// The query with its `?`, its pairs sorted by name. Pairs of one name stay in their order, which lists mean something by.
fn put_query(bytes: &mut Vec<u8>, query: Option<&str>) {
    let Some(query) = query else { return };
    bytes.push(b'?');
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().len();
    // An escaped name may be the same as another one that is written out: then only the order tells which comes first.
    let escaped = query.split('&').any(|pair| pair[..name(pair)].contains(['%', '+']));
    let sorted = escaped || query.split('&').map(|pair| &pair[..name(pair)]).is_sorted();
    if sorted {
        bytes.extend_from_slice(query.as_bytes());
        return;
    }
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_by_key(|pair| &pair[..name(pair)]);
    for (index, pair) in pairs.iter().enumerate() {
        if index > 0 {
            bytes.push(b'&');
        }
        bytes.extend_from_slice(pair.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn query(query: &str) -> String {
        let mut bytes = Vec::new();
        put_query(&mut bytes, Some(query));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn pairs_are_sorted_by_name() {
        for (written, sorted) in [
            ("", "?"),
            ("b=2&a=1", "?a=1&b=2"),
            ("a=2&b=1&a=1", "?a=2&a=1&b=1"),
            ("b&a&", "?&a&b"),
            ("b=1&%61=2", "?b=1&%61=2"),
            ("b=%61&a=1", "?a=1&b=%61"),
            ("a-b=1&a=2", "?a=2&a-b=1"),
        ] {
            assert_eq!(query(written), sorted, "{written}");
        }
    }

    #[test]
    fn patterns_see_partition_path_and_query() {
        let headers = HeaderMap::new();
        let uri: Uri = "/users/7?b=2&a=1".parse().unwrap();
        let parts = KeyParts {
            route: "GET /users/{id}",
            partition: "acme",
            uri: &uri,
            headers: &headers,
            custom: None,
            vary: &[],
            user: None,
        };
        let expected = Readable { partition: "acme".into(), path: "/users/7".into(), query: "?a=1&b=2".into() };
        assert_eq!(parts.key().readable(), expected);
    }

    /// A request as a test makes it up, in a form in which two are equal that mean the same.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct Asked {
        route: &'static str,
        partition: &'static str,
        host: Option<&'static str>,
        authority: Option<&'static str>,
        path: String,
        /// By name, in their order.
        pairs: Vec<(&'static str, &'static str)>,
        user: Option<Option<(&'static str, Option<&'static str>)>>,
        languages: Vec<&'static str>,
    }

    impl Asked {
        fn random(random: &mut fastrand::Rng) -> Self {
            fn one<T: Copy>(random: &mut fastrand::Rng, of: &[T]) -> T {
                of[random.usize(..of.len())]
            }
            let mut pairs: Vec<_> = (0..random.usize(..4))
                .map(|_| (one(random, &["a", "b", "ab", ""]), one(random, &["", "1", "b", "=a", "1%26a"])))
                .collect();
            pairs.sort_by_key(|(name, _)| *name);
            Self {
                route: one(random, &["GET /a", "GET /a/{x}", "HEAD /a"]),
                partition: one(random, &["", "a", "ab", "/a"]),
                host: one(random, &[None, Some(""), Some("a"), Some("a.b"), Some("b")]),
                authority: one(random, &[None, Some("a"), Some("b")]),
                path: one(random, &["/", "/a", "/a/b", "/a/", "/%61"]).to_owned(),
                pairs,
                user: one(
                    random,
                    &[
                        None,
                        Some(None),
                        Some(Some(("a", None))),
                        Some(Some(("a", Some("")))),
                        Some(Some(("a", Some("b")))),
                    ],
                ),
                languages: (0..random.usize(..3)).map(|_| one(random, &["", "de", "de,en", "en"])).collect(),
            }
        }

        /// Its key, with the pairs written in this order.
        fn key(&self, order: impl FnOnce(&mut Vec<String>)) -> Key {
            let mut pairs: Vec<String> = self.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            order(&mut pairs);
            let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
            let authority = self.authority.map_or_else(String::new, |authority| format!("http://{authority}"));
            let uri: Uri = format!("{authority}{}{query}", self.path).parse().unwrap();
            let mut headers = HeaderMap::new();
            if let Some(host) = self.host {
                headers.insert(header::HOST, host.parse().unwrap());
            }
            for language in &self.languages {
                headers.append(header::ACCEPT_LANGUAGE, language.parse().unwrap());
            }
            let identity = self.user.flatten().map(|(sub, issuer)| match issuer {
                Some(issuer) => Identity::new(sub).with_issuer(issuer),
                None => Identity::new(sub),
            });
            KeyParts {
                route: self.route,
                partition: self.partition,
                uri: &uri,
                headers: &headers,
                custom: None,
                vary: &[header::ACCEPT_LANGUAGE],
                user: self.user.map(|_| identity.as_ref()),
            }
            .key()
        }
    }

    #[test]
    fn two_requests_share_a_key_if_and_only_if_they_are_the_same() {
        let mut random = fastrand::Rng::with_seed(11);
        let mut by_key: HashMap<Vec<u8>, Asked> = HashMap::new();
        let mut by_request: HashMap<Asked, Vec<u8>> = HashMap::new();
        for _ in 0..100_000 {
            let asked = Asked::random(&mut random);
            // Names in any order, and those of one name in theirs.
            let key = asked.key(|pairs| {
                let mut names: Vec<String> =
                    pairs.iter().map(|pair| pair.split('=').next().unwrap().to_owned()).collect();
                names.dedup();
                random.shuffle(&mut names);
                let of = |pair: &String| names.iter().position(|name| pair.split('=').next() == Some(name));
                pairs.sort_by_key(of);
            });
            let bytes = key.as_bytes().to_vec();
            assert_eq!(*by_key.entry(bytes.clone()).or_insert_with(|| asked.clone()), asked);
            assert_eq!(*by_request.entry(asked.clone()).or_insert_with(|| bytes.clone()), bytes, "{asked:?}");
        }
        assert!(by_key.len() > 50_000, "{} requests are different", by_key.len());
    }

    #[test]
    fn a_user_with_other_grants_has_other_answers() {
        let (headers, uri) = (HeaderMap::new(), Uri::from_static("/"));
        let key = |identity: &Identity| {
            let user = Some(Some(identity));
            KeyParts { route: "", partition: "", uri: &uri, headers: &headers, custom: None, vary: &[], user }.key()
        };
        let ann = Identity::new("ann");
        let keys = [
            key(&ann),
            key(&ann.clone().with_roles(["a"])),
            key(&ann.clone().with_scopes(["a"])),
            key(&ann.clone().with_permissions(["a"])),
            key(&ann.clone().with_scopes(["a", "b"])),
            key(&ann.clone().with_scopes(["ab"])),
            key(&ann.clone().with_roles(["a"]).with_scopes(["b"])),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "{index}");
        }
        assert_eq!(key(&ann.clone().with_claim("exp", 1)), key(&ann.with_claim("exp", 2)), "tokens come and go");
    }

    #[test]
    fn hosts_are_the_same_in_any_case() {
        let asked = Asked::random(&mut fastrand::Rng::with_seed(1));
        let small = Asked { host: Some("shop.example"), authority: Some("a"), ..asked.clone() };
        let large = Asked { host: Some("Shop.EXAMPLE"), authority: Some("A"), ..asked };
        assert_eq!(small.key(|_| {}), large.key(|_| {}));
    }
}
