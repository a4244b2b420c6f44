//! Invalidated patterns that end with their only star: `/users/7*`.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::cache::validity::{
    tag::{Beginnings, Tag},
    tag_table::TagTable,
};

/// The longest beginning that is looked up by its hash, in bytes. Longer ones are bans.
const LONGEST: usize = 255;

/// The lengths of the beginnings that were invalidated. Their numbers are in the table of tags, so an entry costs one
/// look-up for each length, for any number of beginnings.
#[derive(Debug, Default)]
pub(in crate::cache) struct InvalidBeginnings {
    /// A bit for each length.
    lengths: [AtomicU64; LONGEST.div_ceil(64)],
    /// The latest number: an entry with a later stamp need not be compared.
    latest: AtomicU64,
}

impl InvalidBeginnings {
    /// Records an invalidation of all texts that begin with `beginning`. Returns `false` if it is too long.
    pub(in crate::cache) fn record(&self, partition: &str, beginning: &str, number: u64, numbers: &TagTable) -> bool {
        let length = beginning.len();
        if length > LONGEST {
            return false;
        }
        self.latest.fetch_max(number, Ordering::SeqCst);
        if let Some(bits) = self.lengths.get(length / 64) {
            bits.fetch_or(1 << (length % 64), Ordering::SeqCst);
        }
        numbers.record(Tag::beginning(partition, beginning), number);
        true
    }

    /// Whether there is an invalidation after `stamp`. The floor must be read afterwards.
    pub(in crate::cache) fn any_after(&self, stamp: u64) -> bool {
        self.latest.load(Ordering::SeqCst) > stamp
    }

    /// Whether a beginning of `text` was invalidated after `stamp`. The floor must be read afterwards.
    pub(in crate::cache) fn forbid(&self, stamp: u64, (partition, text): (&str, &str), numbers: &TagTable) -> bool {
        let mut beginnings = Beginnings::new(partition, text.as_bytes());
        self.all_lengths().take_while(|length| *length <= text.len()).any(|length| {
            let tag = beginnings.next(length);
            numbers.last(tag) > stamp
        })
    }

    /// The lengths, in rising order.
    fn all_lengths(&self) -> impl Iterator<Item = usize> {
        self.lengths.iter().enumerate().flat_map(|(index, bits)| {
            let bits = bits.load(Ordering::SeqCst);
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| index * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_with_the_beginning_are_invalid() {
        let (beginnings, numbers) = (InvalidBeginnings::default(), TagTable::new(1 << 12));
        let longest = "x".repeat(LONGEST);
        for beginning in ["", "/a", "/users/7", &"y".repeat(64), &longest] {
            assert!(beginnings.record("p", beginning, 5, &numbers), "{beginning}");
        }
        assert!(!beginnings.record("p", &"x".repeat(LONGEST + 1), 5, &numbers));
        assert!(beginnings.any_after(4) && !beginnings.any_after(5));
        for text in ["", "/b", "/a", "/users/77", &"y".repeat(70), &longest] {
            assert!(beginnings.forbid(4, ("p", text), &numbers), "{text}");
            assert!(!beginnings.forbid(5, ("p", text), &numbers), "{text}: stored afterwards");
            assert!(!beginnings.forbid(4, ("q", text), &numbers), "{text}: another partition");
        }
        let numbers = TagTable::new(1 << 12);
        let beginnings = InvalidBeginnings::default();
        beginnings.record("", "/users/7", 5, &numbers);
        for (text, expected) in [("/users/", false), ("/users/8", false), ("/users/7", true), ("/users/7/a", true)] {
            assert_eq!(beginnings.forbid(4, ("", text), &numbers), expected, "{text}");
        }
    }
}
