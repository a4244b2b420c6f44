//! The part of DER (ITU-T X.690) that public keys need.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// Splits off the first element: its tag, its content, and the rest.
pub(super) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, first, rest @ ..] = der else { return None };
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // Two bytes of length are enough for 64 KiB.
        0x81..=0x82 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_split_off_within_their_bounds() {
        assert_eq!(element(&[INTEGER, 1, 7, 9]), Some((INTEGER, &[7][..], &[9][..])));
        assert_eq!(element(&[INTEGER, 0x81, 1, 7]), Some((INTEGER, &[7][..], &[][..])));
        let long = [&[SEQUENCE, 0x82, 1, 0][..], &[0; 256]].concat();
        assert_eq!(element(&long), Some((SEQUENCE, &[0; 256][..], &[][..])));
        for der in [&[][..], &[INTEGER], &[INTEGER, 1], &[INTEGER, 0x82, 0], &[INTEGER, 0x80, 0, 0]] {
            assert_eq!(element(der), None, "{der:?}");
        }
        assert_eq!(element(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
