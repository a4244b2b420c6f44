//! An invalidation as Redis publishes it.
//!
//! | bytes | |
//! | --- | --- |
//! | 16 | the epoch |
//! | 16 | the number of the invalidation, in decimal digits |
//! | 16 | the number of the invalidation before it, in decimal digits; 0 if the epoch begins |
//! | 1 | `1` for everything, or `0`; this and the rest are missing if the epoch begins |
//! | 8 | the number of tags, in decimal digits |
//! | 8 | the number of patterns, in decimal digits |
//! | 8 each | the tags |
//! | 8 + n each | the length of a pattern, in decimal digits, and the pattern, as in the ban list |

use super::{ban_list, digits::digits};
use crate::cache::{
    redis::timeline::EpochId,
    validity::{glob::Glob, tag::Tag},
};

/// An invalidation by any process, or the beginning of an epoch.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cache) struct InvalidationMessage {
    pub(in crate::cache) epoch: EpochId,
    pub(in crate::cache) number: u64,
    /// The number of the invalidation before it.
    pub(in crate::cache) before: u64,
    pub(in crate::cache) everything: bool,
    pub(in crate::cache) tags: Vec<Tag>,
    /// Patterns without a tag, each within a partition.
    pub(in crate::cache) patterns: Vec<(String, Glob)>,
}

impl InvalidationMessage {
    /// `None` if it is no such message.
    pub(in crate::cache::redis) fn parse(bytes: &[u8]) -> Option<Self> {
        let (epoch, rest) = bytes.split_first_chunk::<16>()?;
        let (number, rest) = rest.split_first_chunk::<16>()?;
        let (before, rest) = rest.split_first_chunk::<16>()?;
        let mut message = Self {
            epoch: *epoch,
            number: digits(number)?,
            before: digits(before)?,
            everything: rest.is_empty(),
            tags: Vec::new(),
            patterns: Vec::new(),
        };
        let Some((everything, rest)) = rest.split_first() else { return Some(message) };
        message.everything = *everything == b'1';
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let count = usize::try_from(digits(count)?).ok()?.checked_mul(8)?;
        let (patterns, rest) = rest.split_first_chunk::<8>()?;
        let (tags, mut rest) = rest.split_at_checked(count)?;
        message.tags.extend(tags.as_chunks::<8>().0.iter().map(|tag| Tag::from_id(u64::from_be_bytes(*tag))));
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk::<8>()?;
            let (ban, after) = after.split_at_checked(usize::try_from(digits(length)?).ok()?)?;
            message.patterns.push(ban_list::pattern(ban)?);
            rest = after;
        }
        (message.patterns.len() as u64 == digits(patterns)?).then_some(message)
    }
}

/// The targets of an invalidation, which follow its numbers.
pub(in crate::cache::redis) fn targets(tags: &[[u8; 8]], bans: &[Vec<u8>], everything: bool) -> Vec<u8> {
    let mut bytes = format!("{}{:08}{:08}", u8::from(everything), tags.len(), bans.len()).into_bytes();
    bytes.extend(tags.iter().flatten());
    for ban in bans {
        bytes.extend(format!("{:08}", ban.len()).into_bytes());
        bytes.extend(ban);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::validity::target::Target;

    fn published(tail: &[u8]) -> Vec<u8> {
        [&[7; 16][..], b"0000000000000012", b"0000000000000011", tail].concat()
    }

    #[test]
    fn targets_are_read_as_they_were_published() {
        let bans = ["/users/7*", "*/prices"].map(|text| ban_list::ban(&Target::pattern("tenant", text)).unwrap());
        let bytes = published(&targets(&[5_u64.to_be_bytes(), 6_u64.to_be_bytes()], &bans, false));
        let message = InvalidationMessage::parse(&bytes).unwrap();
        assert_eq!((message.epoch, message.number, message.before, message.everything), ([7; 16], 12, 11, false));
        assert_eq!(message.tags, [Tag::from_id(5), Tag::from_id(6)]);
        let patterns = ["/users/7*", "*/prices"].map(|text| ("tenant".to_owned(), Glob::new(text)));
        assert_eq!(message.patterns, patterns);
        for length in 0..bytes.len() {
            let cut = InvalidationMessage::parse(&bytes[..length]);
            assert!(cut.is_none_or(|cut| cut.everything), "{length} bytes lose no target");
        }
    }

    #[test]
    fn the_beginning_of_an_epoch_and_a_clear_invalidate_everything() {
        for tail in [Vec::new(), targets(&[], &[], true)] {
            assert!(InvalidationMessage::parse(&published(&tail)).unwrap().everything);
        }
        assert!(!InvalidationMessage::parse(&published(&targets(&[], &[], false))).unwrap().everything);
    }
}
