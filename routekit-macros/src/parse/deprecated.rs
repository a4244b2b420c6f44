//! `deprecated(since = "2026-01-31", sunset = "2026-12-31")`
//!
//! Both headers are made here, at compile time: `Deprecation` is a structured-field date (RFC 9745 §2.1), `Sunset` an
//! HTTP date (RFC 8594 §3).

use proc_macro2::Span;
use quote::quote;
use syn::LitStr;

use super::{
    Family, RawOption,
    raw::{self, Once},
};
use crate::errors::{Errors, unknown};

/// The two headers, ready to send.
pub(crate) struct Deprecation {
    /// `@1769817600`
    pub(crate) since: String,
    /// `Thu, 31 Dec 2026 00:00:00 GMT`
    pub(crate) sunset: Option<String>,
}

const USAGE: &str = "`deprecated(since = \"2026-01-31\", sunset = \"2026-12-31\")`";

pub(super) const FAMILY: Family = Family {
    names: &["deprecated"],
    parse: |option, options, errors| {
        let Some(tokens) = option.list(USAGE, errors) else { return };
        let mut since = None;
        let mut sunset = None;
        let mut once = Once::default();
        for piece in raw::split(tokens) {
            let item = match piece.into_option() {
                Ok(item) => item,
                Err((span, message)) => {
                    errors.push(span, message);
                    continue;
                }
            };
            if !once.is_first(&item, errors) {
                continue;
            }
            match item.name.as_str() {
                "since" => since = date(&item, errors),
                "sunset" => sunset = date(&item, errors),
                other => errors.push(item.span, unknown("argument", other, &["since", "sunset"])),
            }
        }
        // An unknown argument was perhaps meant to be `since`.
        if once.names().all(|name| name == "sunset") {
            errors.push(
                option.span,
                format!("`since` is missing: the header `Deprecation` is a date (RFC 9745); write {USAGE}"),
            );
        }
        let Some((since, _)) = since else { return };
        if let Some((sunset, span)) = sunset
            && sunset < since
        {
            errors.push(span, "`sunset` lies before `since`");
            return;
        }
        options.deprecation =
            Some(Deprecation { since: format!("@{}", since * 86_400), sunset: sunset.map(|(day, _)| http_date(day)) });
    },
    policy: |options| {
        let Deprecation { since, sunset } = options.deprecation.as_ref()?;
        let sunset = match sunset {
            Some(sunset) => quote!(::core::option::Option::Some(#sunset)),
            None => quote!(::core::option::Option::None),
        };
        Some(quote!(.deprecated(__rt::Deprecation::new(#since, #sunset))))
    },
};

/// The day that an argument says, and where.
fn date(item: &RawOption, errors: &mut Errors) -> Option<(i64, Span)> {
    let text: LitStr = item.value(USAGE, errors)?;
    Some((parse_day(&text, errors)?, text.span()))
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
fn parse_day(text: &LitStr, errors: &mut Errors) -> Option<i64> {
    let value = text.value();
    let day = (|| {
        let (year, rest) = value.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let digits = |part: &str, width: usize| {
            (part.len() == width && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i64>().ok())?
        };
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let number = days_from_civil(year, month, day);
        // A day that does not exist (2026-02-30) comes back as another one.
        ((1..=12).contains(&month) && civil_from_days(number) == (year, month, day)).then_some(number)
    })();
    if day.is_none() {
        errors.push(text.span(), "not a date; write it as `\"2026-01-31\"`");
    }
    day
}

/// Howard Hinnant's algorithm for the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Midnight of that day as an HTTP date (RFC 9110 §5.6.7).
fn http_date(days: i64) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = civil_from_days(days);
    let weekday = WEEKDAYS[usize::try_from(days.rem_euclid(7)).expect("0 to 6")];
    let month = MONTHS[usize::try_from(month - 1).expect("0 to 11")];
    format!("{weekday}, {day:02} {month} {year:04} 00:00:00 GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar() {
        for (date, days) in [
            ((1970, 1, 1), 0),
            ((1969, 12, 31), -1),
            ((2000, 2, 29), 11_016),
            ((2026, 12, 31), 20_818),
            ((2100, 3, 1), 47_541),
        ] {
            assert_eq!(days_from_civil(date.0, date.1, date.2), days, "{date:?}");
            assert_eq!(civil_from_days(days), date, "{days}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(20_818), "Thu, 31 Dec 2026 00:00:00 GMT");
    }
}
