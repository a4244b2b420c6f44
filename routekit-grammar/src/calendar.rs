//! Days of the proleptic Gregorian calendar, without time zones.

use std::fmt;

/// A day, such as 2026-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The number of days since 1970-01-01.
    number: i64,
}

impl Day {
    /// Returns the day that is this number of days after 1970-01-01.
    #[must_use]
    pub const fn from_days_since_1970(number: i64) -> Self {
        Self { number }
    }

    /// Parses `YYYY-MM-DD`; `None` for other text and for days that do not exist, such as 2026-02-30.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let digits = |part: &str, width: usize| {
            (part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<i64>().ok())?
        };
        let date = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let parsed = Self::from_civil(date);
        // A day that does not exist is converted to another one.
        ((1..=12).contains(&date.1) && parsed.civil() == date).then_some(parsed)
    }

    /// Returns the seconds from 1970-01-01T00:00:00Z to midnight UTC of this day.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.number * 86_400
    }

    /// Returns midnight of this day as an HTTP date (RFC 9110 §5.6.7): `Thu, 31 Dec 2026 00:00:00 GMT`.
    #[must_use]
    pub fn http_date(self) -> String {
        const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (year, month, day) = self.civil();
        let weekday = WEEKDAYS[usize::try_from(self.number.rem_euclid(7)).expect("0 to 6")];
        let month = MONTHS[usize::try_from(month - 1).expect("0 to 11")];
        format!("{weekday}, {day:02} {month} {year:04} 00:00:00 GMT")
    }

    /// The day of a year, month and day, by Howard Hinnant's algorithm: years begin in March, so that a leap day is the
    /// last day of a year, and 400 of them have 146,097 days.
    fn from_civil((year, month, day): (i64, i64, i64)) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self { number: era * 146_097 + day_of_era - 719_468 }
    }

    /// The year, month and day.
    fn civil(self) -> (i64, i64, i64) {
        let days = self.number + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = (shifted_month + 2) % 12 + 1;
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }
}

/// `2026-12-31`
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_convert_to_dates_and_back() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-28", 11_015),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2026-12-31", 20_818),
            ("2100-03-01", 47_541),
            ("9999-12-31", 2_932_896),
        ] {
            let day = Day::from_days_since_1970(number);
            assert_eq!(Day::parse(text), Some(day), "{text}");
            assert_eq!(day.to_string(), text);
        }
    }

    #[test]
    fn parse_refuses_other_text_and_days_that_do_not_exist() {
        for text in ["", "2026-02-30", "2026-13-01", "2026-00-01", "2100-02-29", "26-01-01", "2026-1-1", "2026-01-01Z"]
        {
            assert_eq!(Day::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn http_date_names_weekday_and_month() {
        assert_eq!(Day::from_days_since_1970(0).http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(Day::from_days_since_1970(20_818).http_date(), "Thu, 31 Dec 2026 00:00:00 GMT");
    }
}
