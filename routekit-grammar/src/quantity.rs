//! Durations and sizes with units.

/// Parses `250ms`, `5m` or `1h30m` to milliseconds; `None` for anything else, a number without a unit included.
///
/// The units are `h`, `m`, `s` and `ms`, from large to small and each at most once: `5m1h` and `1s1s` are more likely
/// mistakes than sums.
#[must_use]
pub fn duration_ms(text: &str) -> Option<u64> {
    const UNITS: &[(&str, u64)] = &[("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let (mut rest, mut total, mut allowed) = (text, 0_u64, UNITS);
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, tail) = tail.split_at(tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len()));
        let position = allowed.iter().position(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(allowed[position].1)?)?;
        allowed = &allowed[position + 1..];
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// Parses `7B`, `64KiB`, `1MiB` or `2GiB` to bytes; `None` for anything else, a number without a unit included.
#[must_use]
pub fn size_bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_ms_wants_units_from_large_to_small() {
        for (text, expected) in [
            ("250ms", Some(250)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1s500ms", Some(1500)),
            ("0s", Some(0)),
            ("", None),
            ("5", None),
            ("s", None),
            ("5 s", None),
            ("5m1h", None),
            ("1s1s", None),
            ("-1s", None),
            ("99999999999999999999s", None),
            ("18446744073709551615h", None),
        ] {
            assert_eq!(duration_ms(text), expected, "{text:?}");
        }
    }

    #[test]
    fn size_bytes_wants_a_binary_unit() {
        for (text, expected) in [
            ("64KiB", Some(65536)),
            ("1MiB", Some(1_048_576)),
            ("2GiB", Some(2_147_483_648)),
            ("7B", Some(7)),
            ("0B", Some(0)),
            ("64KB", None),
            ("64", None),
            ("", None),
            ("KiB", None),
            ("18446744073709551615GiB", None),
        ] {
            assert_eq!(size_bytes(text), expected, "{text:?}");
        }
    }
}
