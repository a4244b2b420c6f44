//! Converts the key that a program writes to the key of an entry.

use sha2::{Digest, Sha256};

use crate::cache::{
    headers::percent,
    store::{
        hex::hex,
        key::{self, Key},
    },
    validity::{
        key_text::KeyText,
        tag::{self, Tag},
    },
};

/// Replaces the route in the key of a response. No route has such a name.
const PLAIN: &str = "\0value\0";
const HASHED: &str = "\0value by hash\0";

/// The key of a value as the program writes it, with prefix and partition.
pub(super) struct ValueName<'a> {
    pub(super) prefix: &'a str,
    pub(super) partition: &'a str,
    pub(super) text: &'a str,
}

/// The key of an entry that holds a value.
#[derive(Debug, Clone)]
pub(super) struct ValueKey {
    pub(super) key: Key,
    /// The text that a hashed key was computed from.
    whole: Option<Box<[u8]>>,
}

impl ValueKey {
    /// Returns the text that a hashed key was computed from; `None` if the key is not hashed.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }
}

impl ValueName<'_> {
    /// Returns the key of the entry, hashed if it is longer than `max_length` bytes with prefix and partition.
    pub(super) fn key(&self, max_length: usize) -> ValueKey {
        let Self { prefix, partition, text } = self;
        if prefix.len() + partition.len() + text.len() <= max_length {
            return ValueKey { key: of_parts(PLAIN, prefix, partition, text), whole: None };
        }
        let mut whole = Vec::with_capacity(partition.len() + text.len() + 8);
        key::put(&mut whole, partition.as_bytes());
        key::put(&mut whole, text.as_bytes());
        let hash = hex(&Sha256::digest(&whole));
        ValueKey { key: of_parts(HASHED, prefix, "", &hash), whole: Some(whole.into()) }
    }

    /// The text that patterns match: the key as the program writes it.
    pub(super) fn key_text(&self) -> KeyText {
        KeyText { partition: self.partition.to_owned(), path: self.text.to_owned(), query: String::new() }
    }

    /// The tag that only this value has.
    pub(super) fn tag(&self) -> Tag {
        Tag::value(self.partition, self.prefix, self.text)
    }

    /// All tags of the value: those of the program with these names, and those that represent its key.
    pub(super) fn tags(&self, names: &[String]) -> Vec<Tag> {
        let (partition, text) = (self.partition, percent::decoded(self.text));
        let named = names.iter().map(|name| Tag::named(partition, name));
        // A pattern without `*`, or with one at its end, is invalidated as a tag.
        let built_in = [self.tag(), Tag::decoded_path(partition, &text)].into_iter();
        let prefixes = tag::prefixes_of_key(&text).map(|prefix| Tag::decoded_prefix(partition, prefix));
        named.chain(built_in).chain(prefixes).collect()
    }
}

/// The parts are in the positions where [`Key::text`] reads partition and path.
fn of_parts(mark: &str, prefix: &str, partition: &str, text: &str) -> Key {
    let mut bytes = Vec::with_capacity(mark.len() + prefix.len() + partition.len() + text.len() + 12);
    key::put(&mut bytes, [mark, prefix].concat().as_bytes());
    key::put(&mut bytes, partition.as_bytes());
    key::put(&mut bytes, text.as_bytes());
    Key::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_plain_key_is_the_name() {
        let name = ValueName { prefix: "api:cache:", partition: "acme", text: "user:7" };
        let plain = name.key(250);
        assert_eq!((plain.key.text(), plain.whole()), (name.key_text(), None));
        assert!(name.key(0).whole().is_some(), "a hashed key is compared whole");
    }

    #[test]
    fn keys_of_different_names_differ() {
        let keys: Vec<Key> = ["", "a", "ab", &"a".repeat(300)]
            .into_iter()
            .flat_map(|prefix| ["", "a", "ab"].map(|partition| (prefix, partition)))
            .flat_map(|(prefix, partition)| {
                ["", "a", "ab"].map(|text| ValueName { prefix, partition, text }.key(250).key)
            })
            .collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
        }
        let long = ValueName { prefix: "", partition: "", text: &"a".repeat(251) }.key(250);
        let hash = long.key.text().path;
        let as_hash = ValueName { prefix: "", partition: "", text: &hash }.key(250);
        assert!(hash.len() == 64 && long.key != as_hash.key, "a key that is spelt as a hash is another");
    }
}
