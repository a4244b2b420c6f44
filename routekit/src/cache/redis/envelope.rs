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

use super::timeline::EpochId;
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

pub(super) type Nonce = [u8; 8];

/// The part that scripts read.
pub(super) fn head(nonce: Nonce, epoch: EpochId, stamp: u64, tags: &[Tag]) -> Option<BytesMut> {
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

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Envelope {
    pub(super) nonce: Nonce,
    pub(super) epoch: EpochId,
    pub(super) stamp: u64,
    /// How long ago the entry was computed when it was put.
    pub(super) age: Duration,
    /// For how long it was put. What is left of that tells how long ago it was put, by the clock of Redis alone.
    pub(super) put_for: Duration,
    /// When the command to put it was sent, by the clock of Redis in microseconds, as far as that was known. Redis may
    /// receive the command much later, if it was stopped meanwhile.
    pub(super) put_at: Option<i64>,
    pub(super) parts: EntryParts,
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
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
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
    pub(super) fn from_bytes(bytes: &Bytes, key: &Key) -> Result<Self, EnvelopeFault> {
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
        let (tags, mut rest) = rest.split_at_checked(8 * count).ok_or_else(damaged)?;
        let msgpack = part(&mut rest).ok_or_else(damaged)?;
        let read: EnvelopeRest<EntryHead> = rmp_serde::from_slice(msgpack).map_err(|_| damaged())?;
        if read.key != key.as_bytes() {
            return Err(EnvelopeFault::OtherKey);
        }
        // The script checked the tags before, so the entry must not have others.
        let ids = tags.chunks_exact(8).map(<[u8]>::to_vec);
        if !read.head.tags().map(|tag| tag.id().to_be_bytes().to_vec()).eq(ids) {
            return Err(EnvelopeFault::Damaged);
        }
        let (epoch, nonce) = (*epoch, *nonce);
        let EnvelopeRest { age, put_for, put_at, key, head } = read;
        let parts = EntryParts::new(key, head, bytes.slice_ref(rest));
        Ok(Self { nonce, epoch, stamp, age, put_for, put_at, parts })
    }

    /// How long ago the entry was computed, if it has this many milliseconds left, and the time of Redis is this.
    /// `None` if that cannot be: without an expiry, or with more left than it was put for.
    pub(super) fn age_after(&self, left: i64, time: Option<i64>) -> Option<Duration> {
        let left = Duration::from_millis(u64::try_from(left).ok()?);
        let since_put = self.put_for.checked_sub(left)?;
        let since_sent = time.zip(self.put_at).and_then(|(time, put_at)| u64::try_from(time.checked_sub(put_at)?).ok());
        Some(self.age.saturating_add(since_put.max(Duration::from_micros(since_sent.unwrap_or(0)))))
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// Why bytes are no usable entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EnvelopeFault {
    /// Another version of routekit wrote them.
    Version,
    /// They are not an entry.
    Damaged,
    /// Two keys have the same digest.
    OtherKey,
}
