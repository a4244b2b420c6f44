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

/// Whether the pairs of a query stay in their order: their names are sorted, or one is escaped, and may equal another
/// name.
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
    use std::cell::Cell;

    use proptest::{
        collection::vec,
        option,
        prelude::{Just, Strategy, any},
        prop_assert_eq,
        sample::select,
    };

    use super::*;
    use crate::{
        base::property::check,
        cache::{store::hot_page::HotPage, validity::key_text::KeyText},
    };

    /// The names of pairs in a query.
    const NAMES: &[&str] = &["a", "b", "ab", ""];

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
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct ModelRequest {
        route: &'static str,
        partition: &'static str,
        host: Option<&'static str>,
        authority: Option<&'static str>,
        path: &'static str,
        /// Sorted by name; pairs with the same name in their order.
        pairs: Vec<(&'static str, &'static str)>,
        user: Option<Option<(&'static str, Option<&'static str>)>>,
        /// The elements of `Accept-Language`; empty without the header.
        languages: Vec<&'static str>,
    }

    impl ModelRequest {
        fn any() -> impl Strategy<Value = Self> {
            let user = [None, Some(("a", None)), Some(("a", Some(""))), Some(("a", Some("b")))];
            let pair = (select(NAMES), select(&["", "1", "b", "=a", "1%26a"][..]));
            let pairs = vec(pair, 0..4).prop_map(|mut pairs| {
                pairs.sort_by_key(|(name, _)| *name);
                pairs
            });
            let fields = (
                select(&["GET /a", "GET /a/{x}", "HEAD /a"][..]),
                select(&["", "a", "ab", "/a"][..]),
                option::of(select(&["", "a", "a.b", "b"][..])),
                option::of(select(&["a", "b"][..])),
                select(&["/", "/a", "/a/b", "/a/", "/%2F", "/~"][..]),
                pairs,
                option::of(select(user.to_vec())),
                vec(select(&["", "de", "en;q=1"][..]), 0..3),
            );
            fields.prop_map(|(route, partition, host, authority, path, pairs, user, languages)| Self {
                route,
                partition,
                host,
                authority,
                path,
                pairs,
                user,
                languages,
            })
        }

        /// Two requests that are equal or differ in few fields.
        fn two_alike() -> impl Strategy<Value = (Self, Self)> {
            let differ = vec(proptest::bool::weighted(0.2), 8);
            (Self::any(), Self::any(), differ).prop_map(|(one, other, differ)| {
                let mut alike = one.clone();
                for (field, _) in differ.into_iter().enumerate().filter(|(_, differs)| *differs) {
                    match field {
                        0 => alike.route = other.route,
                        1 => alike.partition = other.partition,
                        2 => alike.host = other.host,
                        3 => alike.authority = other.authority,
                        4 => alike.path = other.path,
                        5 => alike.pairs.clone_from(&other.pairs),
                        6 => alike.user = other.user,
                        _ => alike.languages.clone_from(&other.languages),
                    }
                }
                (one, alike)
            })
        }

        /// Its key, with its pairs in this order of names; pairs with the same name keep their order. With `escaped`,
        /// letters are escaped and lists have a line for each element.
        fn key(&self, escaped: bool, names: &[&str]) -> Key {
            let mut pairs = self.pairs.clone();
            pairs.sort_by_key(|(name, _)| names.iter().position(|known| known == name));
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
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
        let (same, different) = (Cell::new(0), Cell::new(0));
        let form = || (any::<bool>(), Just(NAMES.to_vec()).prop_shuffle());
        check(4_000, &(ModelRequest::two_alike(), form(), form()), |((one, two), (escaped, names), other)| {
            let is_same = one == two;
            let count = if is_same { &same } else { &different };
            count.set(count.get() + 1);
            let keys = [one.key(escaped, &names), two.key(other.0, &other.1)];
            prop_assert_eq!(keys[0].as_bytes() == keys[1].as_bytes(), is_same);
            Ok(())
        });
        assert!(same.get() > 400 && different.get() > 400, "{same:?} equal pairs, {different:?} others");
    }

    #[test]
    fn a_page_of_a_key_has_that_key() {
        let (found, partition) = (Cell::new(0), "a");
        check(4_000, &ModelRequest::any(), |model| {
            let key = model.key(true, NAMES);
            let page = HotPage::of(&key, partition);
            let alone = ModelRequest { route: "/a/{x}", ..model.clone() };
            let is_page = model.partition == partition
                && model.host.is_some()
                && model.authority.is_none()
                && model.user.is_none()
                && model.languages.is_empty();
            prop_assert_eq!(page.as_ref(), None, "a template has no method");
            let page = HotPage::of(&alone.key(true, NAMES), partition);
            prop_assert_eq!(page.is_some(), is_page, "{:?}", page);
            let Some(page) = page else { return Ok(()) };
            found.set(found.get() + 1);
            prop_assert_eq!(page.host.to_str().ok(), model.host);
            let uri = Uri::from(page.target);
            let headers = HeaderMap::from_iter([(header::HOST, page.host)]);
            let again = RequestKey {
                prefix: &key_prefix("/a/{x}", partition),
                uri: &uri,
                headers: &headers,
                custom: None,
                vary: &[header::ACCEPT_LANGUAGE],
                user: None,
            };
            prop_assert_eq!(again.key(), alone.key(false, NAMES));
            Ok(())
        });
        assert!(found.get() > 20, "{found:?}");
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
        check(256, &ModelRequest::any(), |asked| {
            let small = ModelRequest { host: Some("shop.example"), authority: Some("a"), ..asked.clone() };
            let large = ModelRequest { host: Some("Shop.EXAMPLE"), authority: Some("A"), ..asked };
            prop_assert_eq!(small.key(false, NAMES), large.key(false, NAMES));
            Ok(())
        });
    }
}
