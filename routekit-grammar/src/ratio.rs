//! Rates and factors with at most six decimals, which are parsed from their digits and not through a float.

use std::fmt;

/// A share such as 0.5 or a factor such as 2, in millionths, so that equal text gives equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio {
    millionths: u64,
}

/// A decimal number, cut to six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The number without the decimals after the sixth.
    pub kept: Ratio,
    /// Whether any decimal after the sixth was not zero.
    pub cut: bool,
}

impl Ratio {
    /// One, the whole.
    pub const ONE: Self = Self::from_millionths(1_000_000);

    /// Creates the ratio from millionths: 500,000 are one half.
    #[must_use]
    pub const fn from_millionths(millionths: u64) -> Self {
        Self { millionths }
    }

    /// Returns the ratio closest to `value`; zero if that is negative or not a number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates, as is wanted here")]
    pub fn from_f64(value: f64) -> Self {
        Self { millionths: (value * 1e6).round() as u64 }
    }

    /// Returns the ratio in millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.millionths
    }

    /// Returns the ratio as a float.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 millionths, nine billion")]
    pub fn as_f64(self) -> f64 {
        self.millionths as f64 / 1e6
    }
}

/// In the spelling of attributes: `0.5`, `2`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.millionths / 1_000_000, self.millionths % 1_000_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
    }
}

impl Decimal {
    /// Parses digits with at most one decimal point; `None` for anything else, signs and exponents included.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || !whole.bytes().chain(rest.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let rest = rest.trim_end_matches('0');
        let (kept, cut) = rest.split_at(rest.len().min(6));
        let fraction: u64 = format!("{kept:0<6}").parse().ok()?;
        let millionths = whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)?;
        Some(Self { kept: Ratio { millionths }, cut: !cut.is_empty() })
    }

    /// Returns whether the number is above `limit`.
    #[must_use]
    pub fn exceeds(self, limit: Ratio) -> bool {
        self.kept > limit || self.kept == limit && self.cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_displays_as_written() {
        let rows = [(0.5, "0.5"), (1.0, "1"), (0.000_001, "0.000001"), (2.25, "2.25"), (-1.0, "0"), (f64::NAN, "0")];
        for (value, text) in rows {
            assert_eq!(Ratio::from_f64(value).to_string(), text);
        }
    }

    #[test]
    fn decimal_keeps_six_decimals() {
        let exact = |millionths| Some(Decimal { kept: Ratio { millionths }, cut: false });
        let finer = |millionths| Some(Decimal { kept: Ratio { millionths }, cut: true });
        for (text, expected) in [
            ("0.5", exact(500_000)),
            ("1", exact(1_000_000)),
            ("1.", exact(1_000_000)),
            ("0.1", exact(100_000)),
            ("0.000001", exact(1)),
            ("0.5000000000", exact(500_000)),
            ("2.25", exact(2_250_000)),
            ("0", exact(0)),
            ("0.0", exact(0)),
            ("0.0000001", finer(0)),
            ("0.3333333", finer(333_333)),
            ("1.0000001", finer(1_000_000)),
            ("", None),
            (".5", None),
            ("-0.5", None),
            ("5e-1", None),
            ("0.5.5", None),
            ("50%", None),
            ("99999999999999999999", None),
            ("18446744073709551615", None),
        ] {
            assert_eq!(Decimal::parse(text), expected, "{text:?}");
        }
    }
}
