//! Dates in headers (RFC 9110 §5.6.7), as the time since 1970 began.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;

/// The last second of the year 9999, after which the year has no four digits.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// A date in one of the three forms that are understood. `None` for anything else, for a date that does not exist, and before 1970.
///
/// Two digits for a year mean one from 1970 to 2069.
pub(in crate::cache) fn parse(value: &HeaderValue) -> Option<Duration> {
    let time = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    time.duration_since(UNIX_EPOCH).ok()
}

/// The form that is written (an IMF-fixdate), down to the second. What comes after the year 9999 is its end.
pub(in crate::cache) fn format(since_1970: Duration) -> HeaderValue {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + since_1970.min(LAST));
    HeaderValue::try_from(date).expect("a date is ASCII")
}
