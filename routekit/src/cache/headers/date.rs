//! Dates in headers (RFC 9110 §5.6.7), as the time since 1970.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;
use routekit_grammar::calendar::Day;

/// The last second of the year 9999: later years have five digits.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// Parses a date in one of the three forms of RFC 9110. `None` for anything else, for a date that does not exist, and
/// for a date before 1970.
///
/// Capitals have no meaning for a cache (RFC 9111 §4.2), and a leap second is the first second of the next minute. The
/// weekday says nothing that the date does not, so it may be another one. A year with two digits is the latest that is
/// at most 50 years after `now`, the time since 1970.
pub(in crate::cache) fn parse(value: &HeaderValue, now: Duration) -> Option<Duration> {
    let text = value.to_str().ok()?.to_ascii_lowercase();
    let parts: Vec<&str> = text.split(' ').collect();
    match parts.as_slice() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        [weekday, day, month, year, time, "gmt"] if weekday.strip_suffix(',').is_some_and(is_short_weekday) => {
            Some(date(year, month, day)? + time_of_day(time)?)
        }
        // Sunday, 06-Nov-94 08:49:37 GMT
        [weekday, date, time, "gmt"] => {
            let day_of_week = weekday.strip_suffix(',').filter(|name| WEEKDAYS.contains(name));
            day_of_week.and_then(|_| two_digit_year(date, time_of_day(time)?, now))
        }
        // Sun Nov  6 08:49:37 1994
        [weekday, month, "", day, time, year] if day.len() == 1 => {
            asctime(weekday, (year, month, &format!("0{day}")), time)
        }
        [weekday, month, day, time, year] if day.len() == 2 && !day.starts_with('0') => {
            asctime(weekday, (year, month, day), time)
        }
        _ => None,
    }
}

const WEEKDAYS: [&str; 7] = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

fn asctime(weekday: &str, (year, month, day): (&str, &str, &str), time: &str) -> Option<Duration> {
    if !is_short_weekday(weekday) {
        return None;
    }
    Some(date(year, month, day)? + time_of_day(time)?)
}

/// Midnight of a day; `None` if it does not exist or is before 1970.
fn date(year: &str, month: &str, day: &str) -> Option<Duration> {
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let seconds = Day::parse(&format!("{year}-{month:02}-{day}"))?.unix_seconds();
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// `06-nov-94`, at this time of the day.
fn two_digit_year(day: &str, time: Duration, now: Duration) -> Option<Duration> {
    let mut parts = day.split('-');
    let (Some(day), Some(month), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let latest = now.saturating_add(FIFTY_YEARS);
    let in_century = |century: u32| (year.len() == 2).then(|| date(&format!("{century}{year}"), month, day)).flatten();
    // Later years have no HTTP date.
    (19..=99).rev().filter_map(in_century).map(|date| date + time).find(|date| *date <= latest)
}

/// In the Gregorian calendar, on average.
const FIFTY_YEARS: Duration = Duration::from_secs(50 * 31_556_952);

/// Whether a name is a weekday in three letters.
fn is_short_weekday(name: &str) -> bool {
    name.len() == 3 && WEEKDAYS.iter().any(|weekday| weekday.starts_with(name))
}

/// `08:49:37`
fn time_of_day(text: &str) -> Option<Duration> {
    let mut parts = text.split(':').map(|part| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u64>().ok()).flatten()
    });
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let exists = parts.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    exists.then(|| Duration::from_secs(hour * 3600 + minute * 60 + second))
}

/// Formats a date as an IMF-fixdate, in whole seconds. A date after the year 9999 becomes the end of that year.
pub(in crate::cache) fn format(since_1970: Duration) -> HeaderValue {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + since_1970.min(LAST));
    HeaderValue::try_from(date).expect("a date is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-02.
    const NOW: Duration = Duration::from_secs(1_767_312_000);

    #[test]
    fn only_dates_in_the_three_forms_are_parsed() {
        let rows: [(&str, Option<u64>); 42] = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Sat, 31 Dec 2016 23:59:60 GMT", Some(1_483_228_800)),
            ("sun, 06 NOV 1994 08:49:37 gmt", Some(784_111_777)),
            ("SUNDAY, 06-nov-94 08:49:37 GMT", Some(784_111_777)),
            ("sun nov  6 08:49:37 1994", Some(784_111_777)),
            ("Wed Nov 16 08:49:37 1994", Some(784_975_777)),
            ("Tuesday, 01-Jan-75 00:00:00 GMT", Some(3_313_526_400)),
            ("Wednesday, 01-Jan-76 00:00:00 GMT", Some(3_345_062_400)),
            ("Saturday, 01-Jan-77 00:00:00 GMT", Some(220_924_800)),
            ("Sun, 06-Nov-94 08:49:37 GMT", None),
            ("Sunday, 6-Nov-94 08:49:37 GMT", None),
            ("Sunday, 06-Nov-1994 08:49:37 GMT", None),
            ("Sun Nov 6 08:49:37 1994", None),
            ("Sun Nov 06 08:49:37 1994", None),
            ("Mon Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Sun, 06 Nov 1994 08:60:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:61 GMT", None),
            ("Sun, 06 Nov 1994 8:49:37 GMT", None),
            ("Sun, 06 Nov 1994  08:49:37 GMT", None),
            ("Sunday, 06 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 +0000", None),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Sub, 06 Nov 1994 08:49:37 GMT", None),
            ("Sub Nov  6 08:49:37 1994", None),
            ("0", None),
            ("-1", None),
            ("", None),
            ("now", None),
            ("784111777", None),
            ("Mon, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Fri, 31 Feb 2025 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:00:00 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 UTC", None),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 6 Nov 1994 08:49:37 GMT", None),
            ("1994-11-06T08:49:37Z", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", None),
        ];
        for (date, expected) in rows {
            assert_eq!(parse(&date.parse().unwrap(), NOW), expected.map(Duration::from_secs), "{date}");
        }
        assert_eq!(parse(&HeaderValue::from_bytes(b"\xff").unwrap(), NOW), None);
    }

    #[test]
    fn formatted_dates_can_be_parsed() {
        assert_eq!(format(Duration::from_millis(784_111_777_900)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(format(Duration::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        let mut rng = fastrand::Rng::with_seed(5322);
        for _ in 0..10_000 {
            let time = Duration::from_secs(rng.u64(..=LAST.as_secs()));
            assert_eq!(parse(&format(time), NOW), Some(time));
        }
    }
}
