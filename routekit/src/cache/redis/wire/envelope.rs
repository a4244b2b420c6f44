//! Entries as bytes.
//!
//! | bytes | |
//! | --- | --- |
//! | 1 | the version of this layout |
//! | 8 | a nonce, which tells two entries under one key apart |
//! | 16 | the epoch |
//! | 16 | the stamp, in decimal digits |
//! | 4 | the number of tags, in decimal digits |
//! | 8 each | the tags |
//! | 4 + n | the length of the rest of the head, and the rest: MessagePack |
//! | rest | the body |
//!
//! Scripts read everything up to the tags, which is why numbers are digits there.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::digits::digits;
use crate::cache::redis::timeline::EpochId;
use crate::cache::{
    store::{
        key::{Key, part, put},
        parts::{EntryHead, EntryParts},
    },
    validity::tag::Tag,
};

/// The version of the layout. Entries of another version are misses.
const VERSION: u8 = 1;

/// The bytes before the tags.
const FIXED: usize = 1 + 8 + 16 + 16 + 4;

/// More tags than the digits can count are not stored.
const MAX_TAGS: usize = 9_999;

pub(in crate::cache::redis) type Nonce = [u8; 8];

/// The part that scripts read.
pub(in crate::cache::redis) fn head(nonce: Nonce, epoch: EpochId, stamp: u64, tags: &[Tag]) -> Option<BytesMut> {
    if tags.len() > MAX_TAGS || stamp > 9_999_999_999_999_999 {
        return None;
    }
    let mut bytes = BytesMut::with_capacity(FIXED + 8 * tags.len());
    bytes.put_u8(VERSION);
    bytes.put_slice(&nonce);
    bytes.put_slice(&epoch);
    bytes.put_slice(format!("{stamp:016}{:04}", tags.len()).as_bytes());
    for tag in tags {
        bytes.put_slice(&tag.id().to_be_bytes());
    }
    Some(bytes)
}

/// The same, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache::redis) struct EnvelopeHead<'a> {
    pub(in crate::cache::redis) nonce: Nonce,
    pub(in crate::cache::redis) epoch: EpochId,
    pub(in crate::cache::redis) stamp: u64,
    pub(in crate::cache::redis) tags: &'a [[u8; 8]],
}

impl<'a> EnvelopeHead<'a> {
    /// The head, and what follows it.
    pub(in crate::cache::redis) fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), EnvelopeFault> {
        let damaged = || EnvelopeFault::Damaged;
        let (version, rest) = bytes.split_first().ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(EnvelopeFault::Version);
        }
        let (nonce, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (epoch, rest) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
        let (stamp, rest) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let stamp = digits(stamp).ok_or_else(damaged)?;
        let count = usize::try_from(digits(count).ok_or_else(damaged)?).map_err(|_| damaged())?;
        let (tags, rest) = rest.split_at_checked(8 * count).ok_or_else(damaged)?;
        Ok((Self { nonce: *nonce, epoch: *epoch, stamp, tags: tags.as_chunks().0 }, rest))
    }
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cache::redis) struct Envelope {
    pub(in crate::cache::redis) nonce: Nonce,
    pub(in crate::cache::redis) epoch: EpochId,
    pub(in crate::cache::redis) stamp: u64,
    /// How long ago the entry was computed when it was put.
    pub(in crate::cache::redis) age: Duration,
    /// For how long it was put. What is left of that tells how long ago it was put, by the clock of Redis alone.
    pub(in crate::cache::redis) put_for: Duration,
    /// When the command to put it was sent, by the clock of Redis in microseconds, as far as that was known. Redis may
    /// receive the command much later, if it was stopped meanwhile.
    pub(in crate::cache::redis) put_at: Option<i64>,
    pub(in crate::cache::redis) parts: EntryParts,
}

/// What is not in the part that scripts read.
#[derive(Serialize, Deserialize)]
struct EnvelopeRest<H> {
    age: Duration,
    put_for: Duration,
    put_at: Option<i64>,
    key: Vec<u8>,
    head: H,
}

impl Envelope {
    /// The bytes; `None` if the entry cannot be stored.
    pub(in crate::cache::redis) fn to_bytes(&self) -> Option<Vec<u8>> {
        let tags: Vec<Tag> = self.parts.head.tags().collect();
        let head = head(self.nonce, self.epoch, self.stamp, &tags)?;
        let key: Vec<u8> = self.parts.key.to_vec();
        let rest =
            EnvelopeRest { age: self.age, put_for: self.put_for, put_at: self.put_at, key, head: &self.parts.head };
        let rest = rmp_serde::to_vec(&rest).ok()?;
        let mut bytes = Vec::with_capacity(head.len() + 4 + rest.len() + self.parts.body.len());
        bytes.extend_from_slice(&head);
        put(&mut bytes, &rest);
        bytes.extend_from_slice(&self.parts.body);
        Some(bytes)
    }

    /// The entry under `key`. The error says why there is none.
    pub(in crate::cache::redis) fn from_bytes(bytes: &Bytes, key: &Key) -> Result<Self, EnvelopeFault> {
        let damaged = || EnvelopeFault::Damaged;
        let (EnvelopeHead { nonce, epoch, stamp, tags }, mut rest) = EnvelopeHead::read(bytes)?;
        let msgpack = part(&mut rest).ok_or_else(damaged)?;
        let read: EnvelopeRest<EntryHead> = rmp_serde::from_slice(msgpack).map_err(|_| damaged())?;
        if read.key != key.as_bytes() {
            return Err(EnvelopeFault::OtherKey);
        }
        // The tags of the head were checked before, so the entry must not have others.
        if !read.head.tags().map(|tag| tag.id().to_be_bytes()).eq(tags.iter().copied()) {
            return Err(EnvelopeFault::Damaged);
        }
        let EnvelopeRest { age, put_for, put_at, key, head } = read;
        let parts = EntryParts::new(key, head, bytes.slice_ref(rest));
        Ok(Self { nonce, epoch, stamp, age, put_for, put_at, parts })
    }

    /// How long ago the entry was computed, if it has this many milliseconds left, and the time of Redis is this.
    /// `None` if that cannot be: without an expiry, or with more left than it was put for.
    pub(in crate::cache::redis) fn age_after(&self, left: i64, time: Option<i64>) -> Option<Duration> {
        let left = Duration::from_millis(u64::try_from(left).ok()?);
        let since_put = self.put_for.checked_sub(left)?;
        let since_sent = time.zip(self.put_at).and_then(|(time, put_at)| u64::try_from(time.checked_sub(put_at)?).ok());
        Some(self.age.saturating_add(since_put.max(Duration::from_micros(since_sent.unwrap_or(0)))))
    }
}

/// Why bytes are no usable entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache::redis) enum EnvelopeFault {
    /// Another version of routekit wrote them.
    Version,
    /// They are not an entry.
    Damaged,
    /// Two keys have the same digest.
    OtherKey,
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};
    use proptest::{prelude::any, prop_assert, prop_assert_eq, prop_assume};

    use super::*;
    use crate::{
        base::{clock::ManualClock, property::check},
        cache::{
            store::{buffered_response::BufferedResponse, entry::Entry, stored_response::StoredResponse},
            validity::stamp::Stamp,
        },
    };

    fn envelope(key: &[u8], body: &[u8], tags: &[u64], stamp: u64) -> Envelope {
        let clock = ManualClock::new();
        let mut headers = HeaderMap::new();
        headers.insert("x-bytes", HeaderValue::from_bytes(b"\xff\t").unwrap());
        let response = BufferedResponse::new(StatusCode::OK, &headers, body);
        let minute = Duration::from_secs(60);
        let entry = StoredResponse::new(Key::new(key), response, Stamp::new(stamp), clock.now(), minute);
        let entry = entry.with_tags(tags.iter().copied().map(Tag::from_id).collect::<Vec<_>>());
        Envelope {
            nonce: [7; 8],
            epoch: [9; 16],
            stamp,
            age: Duration::from_millis(5),
            put_for: minute,
            put_at: Some(1_764_499_000_000_000),
            parts: Entry::from(entry).into_parts(&clock.clock()),
        }
    }

    #[test]
    fn an_entry_is_the_same_after_a_round_trip() {
        let inputs = (
            proptest::collection::vec(any::<u8>(), 0..64),
            proptest::collection::vec(any::<u8>(), 0..256),
            proptest::collection::vec(any::<u64>(), 0..40),
            0..9_999_999_999_999_999_u64,
        );
        check(500, &inputs, |(key, body, tags, stamp)| {
            let written = envelope(&key, &body, &tags, stamp);
            let bytes = Bytes::from(written.to_bytes().unwrap());
            prop_assert_eq!(Envelope::from_bytes(&bytes, &Key::new(key.clone())), Ok(written));
            prop_assert_eq!(Envelope::from_bytes(&bytes, &Key::new(*b"other")), Err(EnvelopeFault::OtherKey));
            Ok(())
        });
    }

    #[test]
    fn damaged_bytes_are_never_the_entry_of_another_key_or_tag() {
        let key = Key::new(*b"key");
        let whole = envelope(b"key", b"body", &[1, 2, 3], 77).to_bytes().unwrap();
        for length in 0..whole.len() - b"body".len() {
            let cut = Bytes::copy_from_slice(&whole[..length]);
            assert!(Envelope::from_bytes(&cut, &key).is_err(), "cut off after {length} bytes");
        }
        check(2_000, &(0..whole.len(), any::<u8>()), |(at, byte)| {
            prop_assume!(whole[at] != byte);
            let mut damaged = whole.clone();
            damaged[at] = byte;
            let bytes = Bytes::from(damaged);
            match Envelope::from_bytes(&bytes, &key) {
                Err(EnvelopeFault::Version) => prop_assert_eq!(at, 0),
                Err(EnvelopeFault::Damaged | EnvelopeFault::OtherKey) => {}
                // Nothing tells that a byte of the body has changed. The key and the tags that were checked agree.
                Ok(read) => {
                    prop_assert_eq!(&read.parts.key[..], b"key");
                    let tags: Vec<u8> = read.parts.head.tags().flat_map(|tag| tag.id().to_be_bytes()).collect();
                    prop_assert_eq!(&tags[..], &bytes[FIXED..FIXED + tags.len()]);
                }
            }
            Ok(())
        });
        check(2_000, &proptest::collection::vec(any::<u8>(), 0..200), |bytes| {
            let bytes = [vec![VERSION], bytes].concat();
            prop_assert!(Envelope::from_bytes(&Bytes::from(bytes), &key).is_err());
            Ok(())
        });
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let mut bytes = envelope(b"key", b"body", &[], 1).to_bytes().unwrap();
        bytes[0] = VERSION + 1;
        assert_eq!(Envelope::from_bytes(&bytes.into(), &Key::new(*b"key")), Err(EnvelopeFault::Version));
    }

    /// The positions that `check.lua` reads.
    #[test]
    fn scripts_find_the_head() {
        let bytes = envelope(b"key", b"", &[0x0102_0304_0506_0708], 12_345).to_bytes().unwrap();
        assert_eq!((bytes[0], &bytes[1..9], &bytes[9..25]), (1, &[7; 8][..], &[9; 16][..]));
        assert_eq!(&bytes[25..45], b"00000000000123450001");
        assert_eq!(&bytes[45..53], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(FIXED, 45);
    }

    #[test]
    fn an_entry_ages_by_what_is_left_of_its_expiry() {
        let envelope = envelope(b"key", b"", &[], 1);
        let secs = |secs: u64| Some(Duration::from_millis(secs * 1000 + 5));
        let put_at = envelope.put_at.unwrap();
        for (left, time, expected) in [
            (60_000, None, secs(0)),
            (45_000, Some(put_at + 15_000_000), secs(15)),
            // Redis received it 10 s after it was sent.
            (45_000, Some(put_at + 25_000_000), secs(25)),
            // The time of Redis was set back.
            (45_000, Some(put_at - 3_600_000_000), secs(15)),
            (60_001, None, None),
            (-1, None, None),
            (-2, None, None),
        ] {
            assert_eq!(envelope.age_after(left, time), expected, "{left} {time:?}");
        }
    }
}
