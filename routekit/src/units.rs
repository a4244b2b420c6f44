//! Durations and sizes as configuration writes them, which is how attributes write them.

use std::{fmt, time::Duration};

/// `2` (seconds), `250ms`, `5m` or `1h30m`; `None` for anything else.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    const UNITS: &[(&str, u64)] = &[("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let (mut rest, mut millis, mut allowed) = (text, 0_u64, UNITS);
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, tail) = tail.split_at(tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len()));
        // Units only go down, so that `5m1h` and `1s1s` are typos and not sums.
        let position = allowed.iter().position(|(name, _)| *name == unit)?;
        millis = millis.checked_add(number.parse::<u64>().ok()?.checked_mul(allowed[position].1)?)?;
        allowed = &allowed[position + 1..];
        rest = tail;
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

/// `65536` (bytes), `64KiB` or `1MiB`; `None` for anything else, zero included.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|bytes| *bytes > 0)
}

/// A duration, or `off`.
pub(crate) fn show_duration(duration: &Option<Duration>) -> String {
    duration.map_or_else(|| "off".to_owned(), |duration| format!("{duration:?}"))
}

/// Bytes, in the largest unit that keeps them whole.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let rows = [
            ("2", Some(2000)),
            ("250ms", Some(250)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1s500ms", Some(1500)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("", None),
            ("s", None),
            ("5 s", None),
            ("5m1h", None),
            ("1s1s", None),
            ("-1s", None),
            ("18446744073709551615h", None),
        ];
        for (text, millis) in rows {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn sizes() {
        let rows = [
            ("7", Some(7)),
            ("7B", Some(7)),
            ("64KiB", Some(65536)),
            ("1MiB", Some(1 << 20)),
            ("64KB", None),
            ("KiB", None),
            ("", None),
            ("0", None),
            ("18446744073709551615GiB", None),
        ];
        for (text, expected) in rows {
            assert_eq!(bytes(text), expected, "{text:?}");
        }
        assert_eq!([Bytes(65536), Bytes(1 << 20), Bytes(7)].map(|b| b.to_string()), ["64KiB", "1MiB", "7"]);
    }
}
