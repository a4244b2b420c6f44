//! Dates in headers (RFC 9110 §5.6.7), as the time since 1970.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;

/// The last second of the year 9999: later years have five digits.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// Parses a date in one of the three forms of RFC 9110. `None` for anything else, for a date that does not exist, and
/// for a date before 1970.
///
/// A year with two digits is one from 1970 to 2069.
pub(in crate::cache) fn parse(value: &HeaderValue) -> Option<Duration> {
    let time = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    time.duration_since(UNIX_EPOCH).ok()
}

/// Formats a date as an IMF-fixdate, in whole seconds. A date after the year 9999 becomes the end of that year.
pub(in crate::cache) fn format(since_1970: Duration) -> HeaderValue {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + since_1970.min(LAST));
    HeaderValue::try_from(date).expect("a date is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_in_the_three_forms_are_parsed() {
        let rows: [(&str, Option<u64>); 20] = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("0", None),
            ("-1", None),
            ("", None),
            ("now", None),
            ("784111777", None),
            ("Mon, 06 Nov 1994 08:49:37 GMT", None),
            ("Fri, 31 Feb 2025 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:00:00 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 UTC", None),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 6 Nov 1994 08:49:37 GMT", None),
            ("1994-11-06T08:49:37Z", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", None),
        ];
        for (date, expected) in rows {
            assert_eq!(parse(&date.parse().unwrap()), expected.map(Duration::from_secs), "{date}");
        }
        assert_eq!(parse(&HeaderValue::from_bytes(b"\xff").unwrap()), None);
    }

    #[test]
    fn formatted_dates_can_be_parsed() {
        assert_eq!(format(Duration::from_millis(784_111_777_900)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(format(Duration::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        let mut rng = fastrand::Rng::with_seed(5322);
        for _ in 0..10_000 {
            let time = Duration::from_secs(rng.u64(..=LAST.as_secs()));
            assert_eq!(parse(&format(time)), Some(time));
        }
    }
}
