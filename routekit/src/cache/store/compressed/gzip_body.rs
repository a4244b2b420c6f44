//! A body that is stored compressed.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::content_coding::{checksum, compressed, expanded};

/// A body that is stored compressed with gzip.
pub(in crate::cache) struct GzipBody {
    bytes: Bytes,
    /// The length of the body that was compressed.
    plain_length: usize,
}

/// All of a compressed body except its bytes, for stores outside the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cache) struct GzipHead {
    plain_length: u64,
    /// Of the compressed bytes, which clients get unread.
    checksum: u32,
}

impl GzipBody {
    /// Compresses a body. `None` if that does not make it smaller.
    pub(in crate::cache) fn compress(plain: &[u8]) -> Option<Self> {
        let gzip = compressed(plain).filter(|gzip| gzip.len() < plain.len())?;
        // Without spare capacity, so that the memory use equals the counted size.
        Some(Self { bytes: gzip.into_boxed_slice().into(), plain_length: plain.len() })
    }

    /// What is stored of it outside the process, beside its bytes.
    pub(in crate::cache) fn head(&self) -> Option<GzipHead> {
        Some(GzipHead { plain_length: self.plain_length as u64, checksum: checksum(&self.bytes)? })
    }

    /// A body that was stored outside the process. `None` if it is damaged, or if this program cannot decompress it.
    pub(in crate::cache) fn from_stored(bytes: Bytes, head: GzipHead) -> Option<Self> {
        let plain_length = usize::try_from(head.plain_length).ok()?;
        (checksum(&bytes)? == head.checksum).then_some(Self { bytes, plain_length })
    }

    /// Returns the compressed bytes.
    pub(in crate::cache) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Decompresses the body. `None` if it is damaged.
    pub(in crate::cache) fn plain(&self) -> Option<Bytes> {
        expanded(&self.bytes, self.plain_length).map(Bytes::from)
    }

    /// The bytes that it takes in memory.
    pub(in crate::cache) fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }
}

impl fmt::Debug for GzipBody {
    /// Omits the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GzipBody")
            .field("bytes", &self.bytes.len())
            .field("plain_length", &self.plain_length)
            .finish_non_exhaustive()
    }
}
