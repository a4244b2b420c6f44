//! The key of a request.

use http::{HeaderMap, HeaderName, Uri, header};

use crate::{
    cache::{
        headers::{percent, vary},
        store::key::{Key, SPARE, length, put},
    },
    identity::Identity,
};

/// The parts of the key of a request.
pub(in crate::cache) struct RequestKey<'a> {
    /// [`key_prefix`] of the route and the partition.
    pub(in crate::cache) prefix: &'a [u8],
    pub(in crate::cache) uri: &'a Uri,
    pub(in crate::cache) headers: &'a HeaderMap,
    /// The text that replaces the query.
    pub(in crate::cache) custom: Option<&'a str>,
    /// The request headers that are part of the key.
    pub(in crate::cache) vary: &'a [HeaderName],
    /// The user with separate entries: `None` if entries are shared, `Some(None)` for all unidentified clients.
    pub(in crate::cache) user: Option<Option<&'a Identity>>,
}

impl RequestKey<'_> {
    /// Returns the key: each part after its length.
    pub(in crate::cache) fn key(&self) -> Key {
        let mut bytes = SPARE.take();
        bytes.clear();
        bytes.reserve(192);
        bytes.extend_from_slice(self.prefix);
        put_path(&mut bytes, self.uri.path().as_bytes());
        match self.custom {
            Some(custom) => put_with(&mut bytes, |bytes| {
                bytes.push(b'?');
                bytes.extend_from_slice(custom.as_bytes());
            }),
            None if self.uri.query().is_none() => bytes.extend_from_slice(&length(0)),
            None => put_with(&mut bytes, |bytes| put_query(bytes, self.uri.query())),
        }
        // Hosts are case-insensitive (RFC 9110 §4.2.3). A handler may read the authority or `Host`, so both are parts.
        match (self.uri.scheme_str(), self.uri.authority()) {
            (None, None) => bytes.extend_from_slice(&[0; 8]),
            (scheme, authority) => {
                put(&mut bytes, scheme.unwrap_or_default().as_bytes());
                put_lower(&mut bytes, authority.map_or("", |authority| authority.as_str()).as_bytes());
            }
        }
        put_hosts(&mut bytes, self.headers);
        match self.user {
            None => bytes.push(0),
            Some(None) => bytes.push(1),
            Some(Some(identity)) => {
                bytes.push(2 + u8::from(identity.issuer().is_some()));
                put(&mut bytes, identity.sub().as_bytes());
                put(&mut bytes, identity.issuer().unwrap_or_default().as_bytes());
                // A handler may return more to a client with more grants.
                for grants in [identity.roles(), identity.scopes(), identity.permissions()] {
                    put_set(&mut bytes, grants);
                }
            }
        }
        for name in self.vary {
            put_varied(&mut bytes, self.headers, name);
        }
        Key::new(bytes)
    }
}

/// The first parts of a key: the template of the route, or HEAD, and the partition.
pub(in crate::cache) fn key_prefix(route: &str, partition: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + route.len() + partition.len());
    put(&mut bytes, route.as_bytes());
    put(&mut bytes, partition.as_bytes());
    bytes
}

/// Appends a path, so that equivalent spellings are equal. Most paths have no escapes.
fn put_path(bytes: &mut Vec<u8>, path: &[u8]) {
    if path.contains(&b'%') {
        put_with(bytes, |bytes| percent::put_normalised(bytes, path));
    } else {
        put(bytes, path);
    }
}

/// Appends texts whose order and number have no meaning.
fn put_set(bytes: &mut Vec<u8>, texts: &[String]) {
    if texts.is_sorted_by(|one, other| one < other) {
        bytes.extend_from_slice(&length(texts.len()));
        texts.iter().for_each(|text| put(bytes, text.as_bytes()));
        return;
    }
    let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    bytes.extend_from_slice(&length(sorted.len()));
    sorted.iter().for_each(|text| put(bytes, text.as_bytes()));
}

/// Appends the value of a header that responses vary by, so that equivalent values are equal (RFC 9111 §4.1).
fn put_varied(bytes: &mut Vec<u8>, headers: &HeaderMap, name: &HeaderName) {
    let Some(value) = headers.get(name) else {
        bytes.extend_from_slice(&length(0));
        return;
    };
    bytes.extend_from_slice(&length(1));
    let is_list = headers.len() != headers.keys_len() || value.as_bytes().contains(&b',');
    match if is_list { vary::value(headers, name) } else { None } {
        Some(value) => put(bytes, &value),
        None => put(bytes, value.as_bytes().trim_ascii()),
    }
}

fn put_lower(bytes: &mut Vec<u8>, part: &[u8]) {
    put(bytes, part);
    let start = bytes.len() - part.len();
    bytes[start..].make_ascii_lowercase();
}

/// Appends a part whose length is known only after it is written.
fn put_with(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    write(bytes);
    let written = length(bytes.len() - start - 4);
    bytes[start..start + 4].copy_from_slice(&written);
}

/// Appends the number of values of `Host`, and each of them.
fn put_hosts(bytes: &mut Vec<u8>, headers: &HeaderMap) {
    if headers.len() == headers.keys_len() {
        // No header has a second value. `Host` is usually the first: to search for it costs less than to hash its name.
        let host = headers.iter().find(|(name, _)| **name == header::HOST);
        bytes.extend_from_slice(&length(usize::from(host.is_some())));
        if let Some((_, host)) = host {
            put_lower(bytes, host.as_bytes());
        }
        return;
    }
    let hosts = headers.get_all(header::HOST);
    bytes.extend_from_slice(&length(hosts.iter().count()));
    hosts.iter().for_each(|host| put_lower(bytes, host.as_bytes()));
}

/// Appends the query with its `?`, its pairs sorted by name. Pairs with the same name keep their order, which has a
/// meaning in lists.
fn put_query(bytes: &mut Vec<u8>, query: Option<&str>) {
    let Some(query) = query else { return };
    let query = &*percent::normalised(query);
    bytes.push(b'?');
    if is_sorted(query.as_bytes()) {
        bytes.extend_from_slice(query.as_bytes());
        return;
    }
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().len();
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_by_key(|pair| &pair[..name(pair)]);
    for (index, pair) in pairs.iter().enumerate() {
        if index > 0 {
            bytes.push(b'&');
        }
        bytes.extend_from_slice(pair.as_bytes());
    }
}

/// Whether the pairs of a query stay in their order: their names are sorted, or one is escaped, which may equal one that
/// is not.
fn is_sorted(query: &[u8]) -> bool {
    let (mut last, mut rest): (&[u8], _) = (b"", query);
    let mut sorted = true;
    loop {
        let end = rest.iter().position(|byte| *byte == b'&').unwrap_or(rest.len());
        let pair = &rest[..end];
        let name = &pair[..pair.iter().position(|byte| *byte == b'=').unwrap_or(end)];
        if name.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            return true;
        }
        sorted &= last <= name;
        last = name;
        match rest.get(end + 1..) {
            Some(further) => rest = further,
            None => return sorted,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::cache::validity::key_text::KeyText;

    fn query(query: &str) -> String {
        let mut bytes = Vec::new();
        put_query(&mut bytes, Some(query));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn query_pairs_are_sorted_by_name() {
        for (written, sorted) in [
            ("", "?"),
            ("b=2&a=1", "?a=1&b=2"),
            ("a=2&b=1&a=1", "?a=2&a=1&b=1"),
            ("b&a&", "?&a&b"),
            ("b=1&%2B=2", "?b=1&%2B=2"),
            ("b=1&%61=2", "?a=2&b=1"),
            ("b=%7E%2f&a=1", "?a=1&b=~%2F"),
            ("a-b=1&a=2", "?a=2&a-b=1"),
        ] {
            assert_eq!(query(written), sorted, "{written}");
        }
    }

    #[test]
    fn text_of_a_key_is_partition_path_and_query() {
        let headers = HeaderMap::new();
        let uri: Uri = "/users/7?b=2&a=1".parse().unwrap();
        let parts = RequestKey {
            prefix: &key_prefix("GET /users/{id}", "acme"),
            uri: &uri,
            headers: &headers,
            custom: None,
            vary: &[],
            user: None,
        };
        let expected = KeyText { partition: "acme".into(), path: "/users/7".into(), query: "?a=1&b=2".into() };
        assert_eq!(parts.key().text(), expected);
    }

    /// A random request, in a form in which requests with the same meaning are equal.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct ModelRequest {
        route: &'static str,
        partition: &'static str,
        host: Option<&'static str>,
        authority: Option<&'static str>,
        path: String,
        /// Sorted by name; pairs with the same name in their order.
        pairs: Vec<(&'static str, &'static str)>,
        user: Option<Option<(&'static str, Option<&'static str>)>>,
        /// The elements of `Accept-Language`; empty without the header.
        languages: Vec<&'static str>,
    }

    impl ModelRequest {
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
                path: one(random, &["/", "/a", "/a/b", "/a/", "/%2F", "/~"]).to_owned(),
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
                languages: (0..random.usize(..3)).map(|_| one(random, &["", "de", "en;q=1"])).collect(),
            }
        }

        /// Its key, with its pairs in the order that `order` gives them. With `escaped`, letters are escaped and lists
        /// have a line for each element.
        fn key(&self, escaped: bool, order: impl FnOnce(&mut Vec<String>)) -> Key {
            let mut pairs: Vec<String> = self.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            order(&mut pairs);
            let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
            let authority = self.authority.map_or_else(String::new, |authority| format!("http://{authority}"));
            let target = format!("{}{query}", self.path);
            let target = if escaped { target.replace('a', "%61").replace('~', "%7e") } else { target };
            let uri: Uri = format!("{authority}{target}").parse().unwrap();
            let joined = self.languages.join(" ,");
            let mut headers = HeaderMap::new();
            if let Some(host) = self.host {
                headers.insert(header::HOST, host.parse().unwrap());
            }
            let lists = if escaped { self.languages.clone() } else { vec![&*joined] };
            for list in lists.iter().filter(|_| !self.languages.is_empty()) {
                headers.append(header::ACCEPT_LANGUAGE, list.parse().unwrap());
            }
            let identity = self.user.flatten().map(|(sub, issuer)| match issuer {
                Some(issuer) => Identity::new(sub).with_issuer(issuer),
                None => Identity::new(sub),
            });
            RequestKey {
                prefix: &key_prefix(self.route, self.partition),
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
    fn requests_share_a_key_if_and_only_if_they_mean_the_same() {
        let mut random = fastrand::Rng::with_seed(11);
        let mut by_key: HashMap<Vec<u8>, ModelRequest> = HashMap::new();
        let mut by_request: HashMap<ModelRequest, Vec<u8>> = HashMap::new();
        for _ in 0..100_000 {
            let asked = ModelRequest::random(&mut random);
            // Names in any order, and pairs with the same name in their order.
            let key = asked.key(random.bool(), |pairs| {
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
        assert!(by_key.len() > 50_000, "only {} different requests", by_key.len());
    }

    #[test]
    fn users_with_other_grants_have_other_keys() {
        let (headers, uri) = (HeaderMap::new(), Uri::from_static("/"));
        let key = |identity: &Identity| {
            let user = Some(Some(identity));
            RequestKey { prefix: &key_prefix("", ""), uri: &uri, headers: &headers, custom: None, vary: &[], user }
                .key()
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
        let (one, other) = (ann.clone().with_roles(["b", "a"]), ann.clone().with_roles(["a", "b", "b"]));
        assert_eq!(key(&one), key(&other), "the order of roles has no meaning");
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "{index}");
        }
        assert_eq!(
            key(&ann.clone().with_claim("exp", 1)),
            key(&ann.with_claim("exp", 2)),
            "claims are not part of the key"
        );
    }

    #[test]
    fn hosts_are_case_insensitive() {
        let asked = ModelRequest::random(&mut fastrand::Rng::with_seed(1));
        let small = ModelRequest { host: Some("shop.example"), authority: Some("a"), ..asked.clone() };
        let large = ModelRequest { host: Some("Shop.EXAMPLE"), authority: Some("A"), ..asked };
        assert_eq!(small.key(false, |_| {}), large.key(false, |_| {}));
    }
}
