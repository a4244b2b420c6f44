//! Zstandard (RFC 8878) in Rust. The crate `zstd` would build C code, or link a library of the system.

use std::io::Read;

use ruzstd::{
    decoding::StreamingDecoder,
    encoding::{CompressionLevel, compress_to_vec},
};

/// The largest window that a decoder must support (RFC 8878 §3.1.1.1.2).
const MAX_WINDOW: u64 = 8 * 1024 * 1024;

/// More memory is not reserved before the data arrives: the length that a store returns may be wrong.
const MAX_RESERVED: u64 = 1024 * 1024;

pub(super) fn compressed(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Decompresses a frame of exactly `length` bytes. It never expands more than that.
pub(super) fn expanded(frame: &[u8], length: u64) -> Option<Vec<u8>> {
    let decoder = StreamingDecoder::new_with_max_window_size(frame, MAX_WINDOW).ok()?;
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MAX_RESERVED)).ok()?);
    // One byte more, to detect content that is too long.
    decoder.take(length.saturating_add(1)).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, sample::Index};

    use super::*;
    use crate::base::property::check;

    #[test]
    fn compressed_bytes_expand_to_the_same_bytes() {
        let piece = (any::<Index>(), 0..50_usize, vec(any::<u8>(), 0..20));
        let flips = vec((any::<Index>(), 0..8_u32), 1..4);
        check(128, &(1..=u8::MAX, vec(piece, 0..200), flips), |(letters, pieces, flips)| {
            let mut bytes = Vec::new();
            for (from, repeated, new) in pieces {
                let from = from.index(bytes.len() + 1);
                bytes.extend_from_within(from..bytes.len().min(from + repeated));
                bytes.extend(new.into_iter().map(|byte| byte % letters));
            }
            let frame = compressed(&bytes);
            let length = bytes.len() as u64;
            prop_assert_eq!(expanded(&frame, length), Some(bytes));
            prop_assert_eq!(expanded(&frame, length + 1), None);
            if length > 0 {
                prop_assert_eq!(expanded(&frame, length - 1), None, "longer than stated");
            }
            let mut broken = frame;
            for (at, bit) in flips {
                let at = at.index(broken.len());
                broken[at] ^= 1 << bit;
            }
            // Broken content must not panic, and not be longer.
            prop_assert!(expanded(&broken, length).is_none_or(|bytes| bytes.len() as u64 == length));
            Ok(())
        });
    }

    #[test]
    fn a_bomb_is_cut_short() {
        let frame = compressed(&vec![0; 4 << 20]);
        assert!(frame.len() < 1 << 18);
        assert_eq!(expanded(&frame, 1000), None);
        assert_eq!(expanded(&frame, u64::MAX), None);
    }
}
