//! The key of an entry.

use std::{
    cell::Cell,
    fmt,
    hash::{BuildHasher, Hasher},
    sync::LazyLock,
};

use foldhash::quality::RandomState;
use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use crate::cache::{headers::vary, store::hex::hex, validity::key_text::KeyText};

/// The key of an entry.
///
/// The bytes are the key; the hash only selects its place. A store compares the bytes, so two keys with the same hash
/// cost a miss, and never return the response of another request.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    bytes: Vec<u8>,
    hash: u64,
}

/// Seeded once per process, which makes keys with the same hash hard to find. A collision costs a miss.
static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::default);

impl Key {
    /// Creates a key from these bytes. The caller must encode requests so that different requests never have the same
    /// bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let mut hasher = STATE.build_hasher();
        hasher.write(&bytes);
        Self { hash: hasher.finish(), bytes }
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash, which differs in each process.
    pub(in crate::cache) fn hash(&self) -> u64 {
        self.hash
    }

    /// Returns half a SHA-256 in hexadecimal. It is the same in every process, and reveals nothing about the request.
    #[must_use]
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.bytes)[..16])
    }

    /// The key of the variant for a request with these headers, if the responses of this key vary by `names`
    /// (RFC 9111 §4.1). It differs from the key of every request: it has more parts.
    pub(in crate::cache) fn variant(&self, names: &[HeaderName], headers: &HeaderMap) -> Self {
        let mut bytes = self.bytes.clone();
        for name in names {
            put(&mut bytes, name.as_str().as_bytes());
            match vary::value(headers, name) {
                Some(value) => {
                    bytes.push(1);
                    put(&mut bytes, &value);
                }
                None => bytes.push(0),
            }
        }
        Self::new(bytes)
    }

    /// The same key without spare capacity.
    pub(in crate::cache) fn shrunk(mut self) -> Self {
        self.bytes.shrink_to_fit();
        self
    }

    #[cfg(test)]
    pub(in crate::cache) fn with_hash(bytes: &[u8], hash: u64) -> Self {
        Self { bytes: bytes.into(), hash }
    }

    /// The text that patterns match, of the key of a request or of a value that is not hashed.
    pub(in crate::cache) fn text(&self) -> KeyText {
        let mut rest = &*self.bytes;
        let mut next = || part(&mut rest).map(|part| String::from_utf8_lossy(part).into_owned());
        let _route = next();
        KeyText {
            partition: next().unwrap_or_default(),
            path: next().unwrap_or_default(),
            query: next().unwrap_or_default(),
        }
    }
}

/// Prints the digest, because the bytes may identify a user.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.digest())
    }
}

thread_local! {
    /// The memory of the last key that was only looked up.
    pub(super) static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The memory of a longer key is freed.
const MAX_SPARE: usize = 4096;

impl Key {
    /// Gives the memory of this key to the next key, which saves an allocation per hit.
    pub(in crate::cache) fn recycle(self) {
        if self.bytes.capacity() <= MAX_SPARE {
            SPARE.set(self.bytes);
        }
    }
}

/// Appends a part after its length, so that different lists of parts never have the same bytes.
pub(in crate::cache) fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&length(part.len()));
    bytes.extend_from_slice(part);
}

/// Removes the first part of bytes that [`put`] wrote.
pub(in crate::cache) fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *bytes = rest;
    Some(part)
}

pub(super) fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("the head of a request is smaller than 4 GiB").to_le_bytes()
}
