//! gzip (RFC 1952), with the Cargo feature `compression`. Without it, nothing is compressed and nothing expanded.

#[cfg(feature = "compression")]
use std::io::{Read, Write};

#[cfg(feature = "compression")]
use flate2::{Compression, Crc, bufread::GzDecoder, write::GzEncoder};

/// More memory is not reserved before the data arrives: the length that a store returns may be wrong.
#[cfg(feature = "compression")]
const MAX_RESERVED: usize = 1024 * 1024;

/// A page of JSON of 100 KiB takes 1.5 ms and becomes 18.3 KB. With level 6, the default, it takes 7 ms and becomes
/// 18.0 KB, with level 1 0.9 ms and 21.0 KB.
#[cfg(feature = "compression")]
const LEVEL: u32 = 4;

/// Compresses a body.
#[cfg(feature = "compression")]
pub(crate) fn compressed(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::new(LEVEL));
    // Writing to memory does not fail.
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

/// Decompresses one member of exactly `length` bytes, whose checksum is right, and nothing behind it. It never expands
/// more than that.
#[cfg(feature = "compression")]
pub(crate) fn expanded(gzip: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut decoder = GzDecoder::new(gzip);
    let mut plain = Vec::with_capacity(length.min(MAX_RESERVED));
    // One byte more: it shows that there is more, or else the decoder reads the checksum at the end.
    let most = (length as u64).saturating_add(1);
    decoder.by_ref().take(most).read_to_end(&mut plain).ok()?;
    (plain.len() == length && decoder.into_inner().is_empty()).then_some(plain)
}

/// The CRC-32 of compressed bytes, by which damage is noticed before a client gets them.
#[cfg(feature = "compression")]
pub(crate) fn checksum(bytes: &[u8]) -> Option<u32> {
    let mut crc = Crc::new();
    crc.update(bytes);
    Some(crc.sum())
}

#[cfg(not(feature = "compression"))]
pub(crate) fn compressed(_: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(not(feature = "compression"))]
pub(crate) fn expanded(_: &[u8], _: usize) -> Option<Vec<u8>> {
    None
}

#[cfg(not(feature = "compression"))]
pub(crate) fn checksum(_: &[u8]) -> Option<u32> {
    None
}

#[cfg(test)]
#[cfg(feature = "compression")]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, sample::Index};

    use super::*;
    use crate::base::property::check;

    #[test]
    fn compressed_bytes_expand_to_the_same_bytes() {
        let piece = (any::<Index>(), 0..50_usize, vec(any::<u8>(), 0..20));
        let flips = vec((any::<Index>(), 0..8_u32), 1..4);
        check(128, &(1..=u8::MAX, vec(piece, 0..200), flips, any::<Index>()), |(letters, pieces, flips, end)| {
            let mut bytes = Vec::new();
            for (from, repeated, new) in pieces {
                let from = from.index(bytes.len() + 1);
                bytes.extend_from_within(from..bytes.len().min(from + repeated));
                bytes.extend(new.into_iter().map(|byte| byte % letters));
            }
            let gzip = compressed(&bytes).unwrap();
            let length = bytes.len();
            prop_assert_eq!(expanded(&gzip, length + 1), None, "shorter than stated");
            if length > 0 {
                prop_assert_eq!(expanded(&gzip, length - 1), None, "longer than stated");
            }
            let cut = &gzip[..end.index(gzip.len())];
            prop_assert_eq!(expanded(cut, length), None, "cut off after {} bytes", cut.len());
            prop_assert_eq!(expanded(&[&gzip[..], b"0"].concat(), length), None, "more bytes follow");
            prop_assert_eq!(expanded(&[&gzip[..], &gzip].concat(), 2 * length), None, "two members");
            let mut broken = gzip.clone();
            for (at, bit) in flips {
                let at = at.index(broken.len());
                broken[at] ^= 1 << bit;
            }
            // The header has fields that mean nothing here. What expands is the same content.
            prop_assert!(expanded(&broken, length).is_none_or(|plain| plain == bytes));
            prop_assert_eq!(checksum(&broken) == checksum(&gzip), broken == gzip);
            prop_assert_eq!(expanded(&gzip, length), Some(bytes));
            Ok(())
        });
    }

    #[test]
    fn random_bytes_do_not_panic() {
        check(1_000, &(vec(any::<u8>(), 0..200), 0..1000_usize), |(bytes, length)| {
            let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..], &bytes].concat();
            prop_assert!(expanded(&gzip, length).is_none_or(|plain| plain.len() == length));
            prop_assert!(expanded(&bytes, length).is_none_or(|plain| plain.len() == length));
            Ok(())
        });
    }

    #[test]
    fn a_bomb_is_cut_short() {
        let gzip = compressed(&vec![0; 4 << 20]).unwrap();
        assert!(gzip.len() < 1 << 15);
        assert_eq!(expanded(&gzip, 1000), None);
        assert_eq!(expanded(&gzip, 0), None);
        assert_eq!(expanded(&gzip, usize::MAX), None);
    }
}
