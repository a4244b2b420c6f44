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
    duration.map_or_else(|| "off".to_owned(), |duration| show(&duration))
}

/// Displays the duration, so that it can be parsed if it is one of whole milliseconds.
pub(crate) fn show(duration: &Duration) -> String {
    let millis = duration.as_millis();
    // `2.25s` cannot be parsed.
    let has_fraction = duration.as_secs() > 0 && !millis.is_multiple_of(1000);
    if has_fraction && duration.as_nanos().is_multiple_of(1_000_000) {
        format!("{millis}ms")
    } else {
        format!("{duration:?}")
    }
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
    fn shown_duration_is_parsed_as_the_same() {
        for (millis, shown) in
            [(250, "250ms"), (2000, "2s"), (2250, "2250ms"), (5_400_000, "5400s"), (60_001, "60001ms")]
        {
            let duration = Duration::from_millis(millis);
            assert_eq!(show(&duration), shown);
            assert_eq!(super::duration(shown), Some(duration));
        }
        assert_eq!(show(&Duration::from_micros(1_000_500)), "1.0005s");
    }

    #[test]
    fn bytes_are_shown_in_the_largest_unit_that_divides_them() {
        assert_eq!([Bytes(65536), Bytes(1 << 20), Bytes(7)].map(|b| b.to_string()), ["64KiB", "1MiB", "7"]);
    }
}
