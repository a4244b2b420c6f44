//! Tags, by which entries are invalidated.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::{cache::headers::percent, identity::Identity};

/// A name by which any number of entries can be invalidated at once.
///
/// A tag belongs to a partition and has a kind: the tag `users` of a route, the path `/users` and the route
/// `GET /users` are three tags. It is stored as a hash that is the same in every process. If two names had the same
/// hash, they would be invalidated together: a collision costs a miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(u64);

#[derive(Clone, Copy)]
enum Kind {
    Named = 1,
    Route,
    Path,
    Prefix,
    User,
    Value,
    Beginning,
    HostPath,
}

impl Tag {
    /// Returns the tag with this name, as routes and handlers write it.
    #[must_use]
    pub fn named(partition: &str, name: &str) -> Self {
        Self::new(Kind::Named, partition, &[name])
    }

    /// Returns the tag of every response of the route with this template.
    #[must_use]
    pub fn route(partition: &str, template: &str) -> Self {
        Self::new(Kind::Route, partition, &[template])
    }

    /// Returns the tag of every response for this path, with any query. All spellings of a path have one tag: escapes
    /// are decoded.
    #[must_use]
    pub fn path(partition: &str, path: &str) -> Self {
        Self::decoded_path(partition, &percent::decoded(path))
    }

    /// Returns the tag of every response for a path with this prefix, in any spelling; it ends with `/`.
    #[must_use]
    pub fn prefix(partition: &str, prefix: &str) -> Self {
        Self::decoded_prefix(partition, &percent::decoded(prefix))
    }

    /// The tag of every response for this decoded path at this host; without a host, for requests that have none.
    pub(in crate::cache) fn host_path(partition: &str, host: &str, path: &str) -> Self {
        Self::new(Kind::HostPath, partition, &[host, path])
    }

    /// The tag of a decoded path.
    pub(in crate::cache) fn decoded_path(partition: &str, path: &str) -> Self {
        Self::new(Kind::Path, partition, &[path])
    }

    /// The tag of a decoded prefix.
    pub(in crate::cache) fn decoded_prefix(partition: &str, prefix: &str) -> Self {
        Self::new(Kind::Prefix, partition, &[prefix])
    }

    /// The number of every response for a path, and of every value whose key, begins like this. No entry has it as a
    /// tag.
    pub(in crate::cache) fn beginning(partition: &str, beginning: &str) -> Self {
        Beginnings::new(partition, beginning.as_bytes()).next(beginning.len())
    }

    /// Returns the tag of every response that belongs to this user.
    #[must_use]
    pub fn user(partition: &str, identity: &Identity) -> Self {
        match identity.issuer() {
            Some(issuer) => Self::new(Kind::User, partition, &[identity.sub(), issuer]),
            None => Self::new(Kind::User, partition, &[identity.sub()]),
        }
    }

    /// The tag of the value with this key.
    pub(in crate::cache) fn value(partition: &str, key_prefix: &str, key: &str) -> Self {
        Self::new(Kind::Value, partition, &[key_prefix, key])
    }

    fn new(kind: Kind, partition: &str, texts: &[&str]) -> Self {
        let mut hash = hasher(kind);
        for text in [partition].iter().chain(texts) {
            put(&mut hash, text);
        }
        Self(hash.finish())
    }

    /// Returns the tag with a number from [`id`](Self::id), of this process or another.
    #[must_use]
    pub const fn from_id(id: u64) -> Self {
        Self(id)
    }

    /// Returns the tag as a number.
    #[must_use]
    pub const fn id(self) -> u64 {
        self.0
    }
}

/// The keys of the hash are fixed, so that every process that shares a store computes the same number for a name.
fn hasher(kind: Kind) -> SipHasher13 {
    let mut hash = SipHasher13::new_with_keys(0, 0);
    hash.write_u8(kind as u8);
    hash
}

/// Its length first, so that no two lists result in the same bytes.
fn put(hash: &mut SipHasher13, text: &str) {
    hash.write_u64((text.len() as u64).to_le());
    hash.write(text.as_bytes());
}

/// The tags of the beginnings of a text. Each byte is hashed once.
pub(in crate::cache) struct Beginnings<'t> {
    hash: SipHasher13,
    hashed: usize,
    text: &'t [u8],
}

impl<'t> Beginnings<'t> {
    pub(in crate::cache) fn new(partition: &str, text: &'t [u8]) -> Self {
        let mut hash = hasher(Kind::Beginning);
        put(&mut hash, partition);
        Self { hash, hashed: 0, text }
    }

    /// The tag of the first `length` bytes. Lengths must increase, and not exceed that of the text.
    pub(in crate::cache) fn next(&mut self, length: usize) -> Tag {
        self.hash.write(&self.text[self.hashed..length]);
        self.hashed = length;
        Tag(self.hash.finish())
    }
}

/// The number of prefixes of a path that are tags. Longer ones are looked up by their beginning.
const MAX_PREFIXES: usize = 16;

/// The prefixes of a path that are tags: `/`, `/v2/` and `/v2/users/` of `/v2/users/7`.
pub(in crate::cache) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(slash, _)| &path[..=slash]).take(MAX_PREFIXES)
}

/// The prefixes of the key of a value that are tags: `user:` and `user:7:` of `user:7:orders`. A key that is spelt like
/// a path has those of the path.
pub(in crate::cache) fn prefixes_of_key(key: &str) -> impl Iterator<Item = &str> {
    let ends = ends_of_prefixes(key);
    key.match_indices(ends).map(|(end, _)| &key[..=end]).take(MAX_PREFIXES)
}

fn ends_of_prefixes(text: &str) -> &'static [char] {
    // Paths of requests begin with a slash, and have no tags that end with a colon.
    if text.starts_with('/') { &['/'] } else { &['/', ':'] }
}

/// Whether every path and every key with this prefix has it as a tag.
pub(in crate::cache) fn is_prefix_tag(prefix: &str) -> bool {
    let ends = ends_of_prefixes(prefix);
    prefix.ends_with(ends) && prefix.matches(ends).count() <= MAX_PREFIXES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_a_path() {
        assert_eq!(prefixes("/v2/users/7").collect::<Vec<_>>(), ["/", "/v2/", "/v2/users/"]);
        assert_eq!(prefixes("/v2/users/").collect::<Vec<_>>(), ["/", "/v2/", "/v2/users/"]);
        assert_eq!(prefixes_of_key("user:7/a:b").collect::<Vec<_>>(), ["user:", "user:7/", "user:7/a:"]);
        assert_eq!(prefixes_of_key("/users/a:b").collect::<Vec<_>>(), ["/", "/users/"]);
        assert!(!is_prefix_tag("") && !is_prefix_tag("user") && !is_prefix_tag("/a:"));
        let deep = "a:".repeat(40);
        assert!(prefixes_of_key(&deep).all(is_prefix_tag) && !is_prefix_tag(&deep));
        let deep = "/a".repeat(40);
        assert!(prefixes(&deep).all(is_prefix_tag));
        assert!(!is_prefix_tag(&format!("{deep}/")) && !is_prefix_tag("/v2"));
    }

    #[test]
    fn spellings_of_a_path_have_one_tag() {
        for (one, other) in [("/a/7", "/a/%37"), ("/a%2fb", "/a%2Fb"), ("/a@b", "/a%40b"), ("/ü", "/%C3%BC")] {
            assert_eq!(Tag::path("", one), Tag::path("", other), "{one} {other}");
            assert_eq!(Tag::prefix("", &format!("{one}/")), Tag::prefix("", &format!("{other}/")), "{one} {other}");
        }
        assert_ne!(Tag::path("", "/a%2537"), Tag::path("", "/a7"), "decoded once");
    }

    #[test]
    fn kinds_partitions_and_names_are_told_apart() {
        let ann = Identity::new("ann");
        let tags = [
            Tag::named("", "ann"),
            Tag::named("ann", ""),
            Tag::named("a", "nn"),
            Tag::route("", "ann"),
            Tag::path("", "ann"),
            Tag::prefix("", "ann"),
            Tag::beginning("", "ann"),
            Tag::beginning("a", "nn"),
            Tag::user("", &ann),
            Tag::user("", &ann.clone().with_issuer("")),
            Tag::user("", &ann.with_issuer("x")),
        ];
        let distinct: std::collections::HashSet<Tag> = tags.into_iter().collect();
        assert_eq!(distinct.len(), tags.len());
    }
}
