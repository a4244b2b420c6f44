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
    use super::*;

    #[test]
    fn compressed_bytes_expand_to_the_same_bytes() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..200 {
            let letters = random.u8(1..);
            let length = random.usize(..5000);
            let mut bytes: Vec<u8> = Vec::with_capacity(length);
            while bytes.len() < length {
                let from = random.usize(..=bytes.len());
                let repeated = bytes[from..].iter().copied().take(random.usize(..50)).collect::<Vec<_>>();
                bytes.extend(repeated);
                bytes.extend((0..random.usize(..20)).map(|_| random.u8(..letters)));
            }
            let frame = compressed(&bytes);
            let length = bytes.len() as u64;
            assert_eq!(expanded(&frame, length).as_deref(), Some(&*bytes));
            assert_eq!(expanded(&frame, length + 1), None);
            if length > 0 {
                assert_eq!(expanded(&frame, length - 1), None, "longer than stated");
            }
            let mut broken = frame;
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..broken.len());
                broken[at] ^= 1 << random.u8(..8);
            }
            // Broken content must not panic, and not be longer.
            assert!(expanded(&broken, length).is_none_or(|bytes| bytes.len() as u64 == length));
        }
    }

    #[test]
    fn a_bomb_is_cut_short() {
        let frame = compressed(&vec![0; 4 << 20]);
        assert!(frame.len() < 1 << 18);
        assert_eq!(expanded(&frame, 1000), None);
        assert_eq!(expanded(&frame, u64::MAX), None);
    }
}
