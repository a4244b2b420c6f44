//! Durations and sizes in configuration and in reports, in the same syntax as in attributes.

use std::{fmt, time::Duration};

use routekit_grammar::quantity::{duration_ms, size_bytes};

/// Parses `2` (seconds), `250ms`, `5m` or `1h30m`; `None` for anything else.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => duration_ms(text).map(Duration::from_millis),
    }
}

/// Parses `65536` (bytes), `64KiB` or `1MiB`; `None` for anything else, zero included.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().or_else(|| size_bytes(text)).filter(|bytes| *bytes > 0)
}

/// Displays the duration, or `off`.
pub(crate) fn show_duration(duration: &Option<Duration>) -> String {
    duration.map_or_else(|| "off".to_owned(), |duration| format!("{duration:?}"))
}

/// Displays the duration.
pub(crate) fn show(duration: &Duration) -> String {
    format!("{duration:?}")
}

/// Displays bytes in the largest unit that divides them.
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
    fn bare_number_is_in_seconds_or_bytes() {
        for (text, millis) in [("2", Some(2000)), ("0", Some(0)), ("1h30m", Some(5_400_000)), ("", None), ("5 s", None)]
        {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text:?}");
        }
        for (text, expected) in [("7", Some(7)), ("64KiB", Some(65536)), ("0", None), ("0B", None), ("64KB", None)] {
            assert_eq!(bytes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn bytes_are_shown_in_the_largest_unit_that_divides_them() {
        assert_eq!([Bytes(65536), Bytes(1 << 20), Bytes(7)].map(|b| b.to_string()), ["64KiB", "1MiB", "7"]);
    }
}
