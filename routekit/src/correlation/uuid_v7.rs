//! The text of a UUID version 7 (RFC 9562 §5.7), for ids only.
//!
//! `Uuid::now_v7` takes a lock to count within a millisecond, and formatting a `Uuid` costs twice as much.

/// The length of the text: 32 digits and 4 hyphens.
pub(super) const LENGTH: usize = 36;

/// Returns the UUID of this time and of 74 of these random bits, in lower case.
pub(super) fn text(unix_millis: u64, random: u128) -> [u8; LENGTH] {
    let high = unix_millis << 16 | 0x7000 | (random >> 64) as u64 & 0x0fff;
    let low = 0x8000_0000_0000_0000 | random as u64 >> 2;
    let [a, b] = [hex_digits((high >> 32) as u32), hex_digits(high as u32)];
    let [c, d] = [hex_digits((low >> 32) as u32), hex_digits(low as u32)];
    let mut text = [b'-'; LENGTH];
    text[..8].copy_from_slice(&a);
    text[9..13].copy_from_slice(&b[..4]);
    text[14..18].copy_from_slice(&b[4..]);
    text[19..23].copy_from_slice(&c[..4]);
    text[24..28].copy_from_slice(&c[4..]);
    text[28..].copy_from_slice(&d);
    text
}

/// Returns the eight digits of a number, computed at once: one byte of a `u64` for each.
fn hex_digits(number: u32) -> [u8; 8] {
    let mut digits = u64::from(number);
    // Spreads the nibbles over the bytes: first halves, then quarters, then eighths.
    digits = (digits << 16 | digits) & 0x0000_ffff_0000_ffff;
    digits = (digits << 8 | digits) & 0x00ff_00ff_00ff_00ff;
    digits = (digits << 4 | digits) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in the bytes of the digits above 9: adding 6 carries into the high nibble.
    let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    let ascii = digits + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'0' - 10);
    ascii.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use uuid::{Builder, Uuid, Variant, Version};

    use super::*;

    #[test]
    fn every_digit_is_written_in_every_place() {
        for place in 0..8 {
            for digit in 0..16 {
                let number = digit << (4 * place);
                assert_eq!(hex_digits(number), format!("{number:08x}").as_bytes(), "{number:#x}");
            }
        }
    }

    #[test]
    fn text_is_that_of_a_version_7_uuid_with_this_time() {
        for millis in [0, 1, 1_764_417_600_000, (1 << 48) - 1] {
            for random in [0, u128::MAX, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210] {
                let text = text(millis, random);
                let uuid = Uuid::parse_str(str::from_utf8(&text).unwrap()).unwrap();
                assert_eq!((uuid.get_version(), uuid.get_variant()), (Some(Version::SortRand), Variant::RFC4122));
                assert_eq!(uuid.as_bytes()[..6], millis.to_be_bytes()[2..], "the time of {uuid}");
                let bytes: [u8; 10] = uuid.as_bytes()[6..].try_into().unwrap();
                assert_eq!(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid(), uuid);
            }
        }
    }
}
