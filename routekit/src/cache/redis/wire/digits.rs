//! Numbers as scripts write and read them.

/// The number that these decimal digits are; `None` if one is no digit, there is none, or they are more than a double
/// holds exactly (16).
pub(in crate::cache::redis) fn digits(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.len() <= 16 && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_number() {
        assert_eq!((digits(b"0000000000000042"), digits(b"7")), (Some(42), Some(7)));
        for text in [&b""[..], b"+12", b"-1", b" 1", b"1.0", b"12345678901234567", b"\xff"] {
            assert_eq!(digits(text), None, "{text:?}");
        }
    }
}
