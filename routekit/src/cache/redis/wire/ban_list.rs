//! Invalidated patterns, as bytes.

use super::digits::digits;
use crate::cache::{
    store::key::{part, put},
    validity::{
        glob::Glob,
        key_text::KeyText,
        target::{Subject, Target},
    },
};

/// The longest list. With one more, the oldest leaves it, and everything that was stored before that one is a miss.
pub(in crate::cache::redis) const MAX_BANS: usize = 64;

/// The bytes of a target that is a pattern without a tag.
pub(in crate::cache::redis) fn ban(target: &Target) -> Option<Vec<u8>> {
    match (target.as_tag(), target.subject()) {
        (None, Subject::Pattern(pattern)) => {
            let mut bytes = Vec::new();
            put(&mut bytes, target.partition().as_bytes());
            put(&mut bytes, pattern.to_string().as_bytes());
            Some(bytes)
        }
        _ => None,
    }
}

/// The partition and the pattern of such bytes. `None` if they are damaged.
pub(in crate::cache::redis) fn pattern(mut bytes: &[u8]) -> Option<(String, Glob)> {
    let (partition, pattern) = (part(&mut bytes)?, part(&mut bytes)?);
    Some((std::str::from_utf8(partition).ok()?.to_owned(), Glob::new(std::str::from_utf8(pattern).ok()?)))
}

/// Whether a ban of the list that is later than `reading` matches the text of a key. `None` if the list is damaged.
pub(in crate::cache::redis) fn forbids(list: &[u8], reading: u64, text: &KeyText) -> Option<bool> {
    let mut rest = list;
    while !rest.is_empty() {
        let (number, after) = rest.split_first_chunk::<16>()?;
        let (length, after) = after.split_first_chunk::<8>()?;
        let (bytes, after) = after.split_at_checked(usize::try_from(digits(length)?).ok()?)?;
        rest = after;
        if digits(number)? <= reading {
            continue;
        }
        let (partition, pattern) = pattern(bytes)?;
        if text.matches(&partition, &pattern) {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(partition: &str, path: &str) -> KeyText {
        KeyText { partition: partition.to_owned(), path: path.to_owned(), query: String::new() }
    }

    fn listed(number: u64, partition: &str, pattern: &str) -> Vec<u8> {
        let bytes = ban(&Target::pattern(partition, pattern)).unwrap();
        [format!("{number:016}{:08}", bytes.len()).into_bytes(), bytes].concat()
    }

    #[test]
    fn later_bans_that_match_forbid() {
        let list = [listed(5, "", "*/a*"), listed(7, "t", r"/x\*y*z")].concat();
        for (reading, partition, path, expected) in [
            (4, "", "/b/a7", true),
            (5, "", "/b/a7", false),
            (4, "t", "/b/a7", false),
            (6, "t", "/x*y12z", true),
            (6, "t", "/xy12z", false),
            (7, "t", "/x*y12z", false),
        ] {
            assert_eq!(forbids(&list, reading, &text(partition, path)), Some(expected), "{reading} {partition} {path}");
        }
        assert_eq!(forbids(&[], 0, &text("", "/")), Some(false));
    }

    #[test]
    fn a_damaged_list_is_noticed() {
        let list = listed(5, "", "*/a*");
        for length in 1..list.len() {
            assert_eq!(forbids(&list[..length], 4, &text("", "/b/a7")), None, "{length} bytes");
        }
        assert_eq!(ban(&Target::tag("", "users")), None);
        assert_eq!(ban(&Target::pattern("", "/users/*")), None, "it is a tag");
    }
}
