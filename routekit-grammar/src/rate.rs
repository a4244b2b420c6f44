//! Rates of requests, such as `10/s`, and what a limit may consist of.

use std::fmt;

use crate::quantity::duration_ms;

/// A number of requests in a time: `10/s`, `1000/day`, `100/15m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    requests: u32,
    window_ms: u64,
}

/// Nanoseconds of a millisecond.
const NANOS: u64 = 1_000_000;
/// The words for a window, the first of each being the one that is shown.
const UNITS: [(u64, &[&str]); 4] = [
    (1000, &["s", "sec", "second"]),
    (60_000, &["min", "m", "minute"]),
    (3_600_000, &["h", "hour"]),
    (86_400_000, &["day", "d"]),
];
/// The longest time in which a limit is fully available again.
const MAX_MS: u64 = 366 * 86_400_000;

/// The longest name of a limit, in bytes.
pub const MAX_NAME: usize = 32;

/// The largest number of limits of one route.
pub const MAX_LIMITS: usize = 8;

impl Rate {
    /// Creates a rate of `requests` in a window. Use [`check`](Self::check) if the numbers are not known to be valid.
    #[must_use]
    pub const fn new(requests: u32, window_ms: u64) -> Self {
        Self { requests, window_ms }
    }

    /// Parses `10/s`, `1000/day` or `100/15m`.
    ///
    /// # Errors
    /// The reason, as the rest of a sentence that begins with the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const SYNTAX: &str = "not a rate; write requests per time, such as `10/s`, `600/min`, `1000/day` or `100/15m`";
        let (requests, window) = text.split_once('/').ok_or(SYNTAX)?;
        if requests.is_empty() || !requests.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SYNTAX);
        }
        let unit = UNITS.iter().find(|(_, names)| names.contains(&window));
        let window_ms = unit.map(|(ms, _)| *ms).or_else(|| duration_ms(window)).ok_or(SYNTAX)?;
        // Too many digits are more requests than any window allows.
        let rate = Self::new(requests.parse().unwrap_or(u32::MAX), window_ms);
        rate.check().map(|()| rate)
    }

    /// Checks a rate of any origin.
    ///
    /// # Errors
    /// The reason, as the rest of a sentence.
    pub const fn check(self) -> Result<(), &'static str> {
        if self.requests == 0 {
            Err("a rate of zero, which refuses every request; write at least one request per time")
        } else if self.window_ms == 0 {
            Err("a rate over no time; write a time above zero, such as `10/s`")
        } else if self.window_ms > MAX_MS {
            Err("a rate over more than 366 days; write a shorter time")
        } else if self.requests as u64 > self.window_ms * NANOS {
            Err("a rate of more than one request per nanosecond; write a lower one")
        } else {
            Ok(())
        }
    }

    /// Checks a burst of this rate.
    ///
    /// # Errors
    /// The reason, as the rest of a sentence.
    pub const fn check_burst(self, burst: u32) -> Result<(), &'static str> {
        if burst == 0 {
            Err("a burst below one, which refuses every request; write how many requests may come at once")
        } else if self.period_nanos() as u128 * burst as u128 > MAX_MS as u128 * NANOS as u128 {
            Err("a burst that takes more than 366 days to be available again; write a smaller one")
        } else {
            Ok(())
        }
    }

    /// Returns the number of requests in a window, which is also the burst of a limit that sets none.
    #[must_use]
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// Returns the window in milliseconds.
    #[must_use]
    pub const fn window_ms(self) -> u64 {
        self.window_ms
    }

    /// Returns the time after which one more request is available. Rounded up, so that no window has more requests.
    #[must_use]
    pub const fn period_nanos(self) -> u64 {
        (self.window_ms * NANOS).div_ceil(self.requests as u64)
    }
}

/// `10/s`, `1000/day`, `100/15m`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.requests)?;
        if let Some((_, names)) = UNITS.iter().find(|(ms, _)| *ms == self.window_ms) {
            return f.write_str(names[0]);
        }
        let mut rest = self.window_ms;
        for (unit, name) in [(3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

/// Checks the name of a limit, which appears in headers, metrics and configuration.
///
/// # Errors
/// The reason, as the rest of a sentence.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_allowed) {
        Err("not a name of a limit; write up to 32 letters, digits, `-`, `_` and `.`")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_parsed_and_shown() {
        for (text, shown) in [
            ("10/s", "10/s"),
            ("10/second", "10/s"),
            ("600/min", "600/min"),
            ("600/m", "600/min"),
            ("5/h", "5/h"),
            ("1000/day", "1000/day"),
            ("1000/24h", "1000/day"),
            ("100/15m", "100/15m"),
            ("3/1h30m", "3/1h30m"),
            ("2/250ms", "2/250ms"),
            ("1000000000/s", "1000000000/s"),
        ] {
            assert_eq!(Rate::parse(text).map(|rate| rate.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn wrong_rate_has_a_reason() {
        for (text, reason) in [
            ("", "not a rate"),
            ("10", "not a rate"),
            ("10/", "not a rate"),
            ("/s", "not a rate"),
            ("10/week", "not a rate"),
            ("-1/s", "not a rate"),
            ("+1/s", "not a rate"),
            ("1.5/s", "not a rate"),
            ("10 / s", "not a rate"),
            ("0/s", "a rate of zero"),
            ("10/0s", "a rate over no time"),
            ("10/9000h", "a rate over more than 366 days"),
            ("4000000000/s", "a rate of more than one request per nanosecond"),
            ("99999999999/s", "a rate of more than one request per nanosecond"),
        ] {
            let found = Rate::parse(text).expect_err(text);
            assert!(found.starts_with(reason), "{text}: {found}");
        }
    }

    #[test]
    fn burst_is_at_least_one_and_available_again_within_a_year() {
        let rate = Rate::parse("1/day").expect("a rate");
        assert!(rate.check_burst(0).is_err());
        assert!(rate.check_burst(1).is_ok());
        assert!(rate.check_burst(366).is_ok());
        assert!(rate.check_burst(367).is_err());
        assert!(rate.check_burst(u32::MAX).is_err());
    }

    #[test]
    fn period_is_rounded_up() {
        assert_eq!(Rate::new(3, 1000).period_nanos(), 333_333_334);
        assert_eq!(Rate::new(10, 1000).period_nanos(), 100_000_000);
        assert_eq!(Rate::new(1_000_000_000, 1000).period_nanos(), 1);
    }

    #[test]
    fn name_has_no_characters_that_headers_escape() {
        for name in ["ip", "x-api-key", "daily.2", "A_1"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "two words", "\"", "a\\", "é", "a,b", &"x".repeat(33)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
