//! How the key that a program writes becomes the key of an entry.

use sha2::{Digest, Sha256};

use crate::cache::{Key, Tag, hex::hex, key, tag, validity::key_text::KeyText};

/// What stands in place of the route: no route is called so.
const PLAIN: &str = "\0value\0";
const HASHED: &str = "\0value by hash\0";

/// A key as the program writes it, and all that it is within.
pub(super) struct Name<'a> {
    pub(super) prefix: &'a str,
    pub(super) partition: &'a str,
    pub(super) text: &'a str,
}

/// The key of an entry.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) key: Key,
    /// What a hashed key was made from.
    whole: Option<Box<[u8]>>,
}

impl Named {
    pub(super) fn whole(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }
}

impl Name<'_> {
    /// The key; hashed if all of it is longer than `most`.
    pub(super) fn named(&self, most: usize) -> Named {
        let Self { prefix, partition, text } = self;
        if prefix.len() + partition.len() + text.len() <= most {
            return Named { key: of_parts(PLAIN, prefix, partition, text), whole: None };
        }
        let mut whole = Vec::with_capacity(partition.len() + text.len() + 8);
        key::put(&mut whole, partition.as_bytes());
        key::put(&mut whole, text.as_bytes());
        let hash = hex(&Sha256::digest(&whole));
        Named { key: of_parts(HASHED, prefix, "", &hash), whole: Some(whole.into()) }
    }

    /// The text that patterns match: the key as the program writes it.
    pub(super) fn key_text(&self) -> KeyText {
        KeyText { partition: self.partition.to_owned(), path: self.text.to_owned(), query: String::new() }
    }

    /// What only this value carries.
    pub(super) fn tag(&self) -> Tag {
        Tag::value(self.partition, self.prefix, self.text)
    }

    /// What it carries beside these.
    pub(super) fn tags(&self, names: &[String]) -> Vec<Tag> {
        let Self { partition, text, .. } = self;
        let named = names.iter().map(|name| Tag::named(partition, name));
        // What `*` ends, and what has none, are tags wherever that can be told from the pattern.
        let built_in = [self.tag(), Tag::path(partition, text)].into_iter();
        let prefixes = tag::prefixes_of_key(text).map(|prefix| Tag::prefix(partition, prefix));
        named.chain(built_in).chain(prefixes).collect()
    }
}

/// In the places where [`Key::readable`] looks: what patterns see of a value is its key, without the prefix.
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
    fn a_plain_key_has_the_text_of_its_name() {
        let name = Name { prefix: "api:cache:", partition: "acme", text: "user:7" };
        let named = name.named(250);
        assert_eq!((named.key.text(), named.whole()), (name.key_text(), None));
        assert!(name.named(0).whole().is_some(), "a hashed one is compared whole");
    }

    #[test]
    fn no_two_are_one() {
        let keys: Vec<Key> = ["", "a", "ab", &"a".repeat(300)]
            .into_iter()
            .flat_map(|prefix| ["", "a", "ab"].map(|partition| (prefix, partition)))
            .flat_map(|(prefix, partition)| ["", "a", "ab"].map(|text| Name { prefix, partition, text }.named(250).key))
            .collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
        }
        let long = Name { prefix: "", partition: "", text: &"a".repeat(251) }.named(250);
        let hash = long.key.text().path;
        let as_hash = Name { prefix: "", partition: "", text: &hash }.named(250);
        assert!(hash.len() == 64 && long.key != as_hash.key, "nor one that is spelt as a hash");
    }
}
