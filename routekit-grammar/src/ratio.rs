//! Rates and factors as exact fractions. Attributes have at most six decimals, which are parsed from their digits and
//! not through a float.

use std::{cmp::Ordering, fmt};

/// A share such as 0.5 or a factor such as 2: a fraction in its lowest terms, so that equal numbers are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    numerator: u64,
    /// At most [`MAX_DENOMINATOR`].
    denominator: u64,
}

/// A window holds fewer calls, so that every share of its calls is a ratio.
const MAX_DENOMINATOR: u64 = 1_000_000;

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
        let divisor = common_divisor(millionths, 1_000_000);
        Self { numerator: millionths / divisor, denominator: 1_000_000 / divisor }
    }

    /// Returns the fraction whose float is `value`, such as 2/3 for `2.0 / 3.0`, if its denominator is at most a
    /// million. Otherwise returns `value` with six decimals; zero if it is negative or not a number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates, as is wanted here")]
    pub fn from_f64(value: f64) -> Self {
        Self::fraction_of(value).unwrap_or_else(|| Self::from_millionths((value * 1e6).round() as u64))
    }

    /// Expands `value` into a continued fraction, up to the first convergent whose float is `value`. Two fractions with
    /// such denominators are further apart than two floats, so no other fraction has this float.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53, and not negative")]
    fn fraction_of(value: f64) -> Option<Self> {
        const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
        let ((mut p, mut q), (mut last_p, mut last_q)) = ((1.0, 0.0), (0.0, 1.0));
        let mut rest = value;
        while (0.0..MAX_EXACT).contains(&rest) {
            let whole = rest.floor();
            (p, last_p) = (whole * p + last_p, p);
            (q, last_q) = (whole * q + last_q, q);
            if p >= MAX_EXACT || q > MAX_DENOMINATOR as f64 {
                return None;
            }
            #[expect(clippy::float_cmp, reason = "equal floats are the condition")]
            if p / q == value {
                return Some(Self { numerator: p as u64, denominator: q as u64 });
            }
            rest = (rest - whole).recip();
        }
        None
    }

    /// Returns the ratio in millionths, rounded down. Exact if the ratio has at most six decimals.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most the millionths that it was created from, or saturated"
    )]
    pub const fn millionths(self) -> u64 {
        let millionths = self.numerator as u128 * 1_000_000 / self.denominator as u128;
        if millionths > u64::MAX as u128 { u64::MAX } else { millionths as u64 }
    }

    /// Returns the ratio as a float.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Returns whether `part` of `whole` is at least this ratio. Nothing is rounded.
    #[must_use]
    #[inline]
    pub const fn is_reached_by(self, part: u64, whole: u64) -> bool {
        part as u128 * self.denominator as u128 >= whole as u128 * self.numerator as u128
    }
}

const fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        product(self.numerator, other.denominator).cmp(&product(other.numerator, self.denominator))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// In the spelling of attributes, `0.5` or `2`; as a fraction if that takes more than six decimals: `2/3`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if 1_000_000 % self.denominator != 0 {
            return write!(f, "{}/{}", self.numerator, self.denominator);
        }
        let (whole, rest) = (self.numerator / self.denominator, self.numerator % self.denominator);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let decimals = rest * (1_000_000 / self.denominator);
        write!(f, "{whole}.{}", format!("{decimals:06}").trim_end_matches('0'))
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
        Some(Self { kept: Ratio::from_millionths(millionths), cut: !cut.is_empty() })
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
        for (value, text) in [
            (0.5, "0.5"),
            (1.0, "1"),
            (0.000_001, "0.000001"),
            (2.25, "2.25"),
            (0.1 + 0.2, "0.3"),
            (2.0 / 3.0, "2/3"),
            (0.123_456_78, "0.123457"),
            (0.000_000_1, "0"),
            (0.0, "0"),
            (-1.0, "0"),
            (f64::NAN, "0"),
            (f64::INFINITY, "18446744073709.551615"),
            (f64::MAX, "18446744073709.551615"),
        ] {
            assert_eq!(Ratio::from_f64(value).to_string(), text);
        }
    }

    #[test]
    fn ratio_of_a_float_is_the_fraction_that_was_divided() {
        let fractions = (1..=1000_u32).flat_map(|n| (1..=n).map(move |k| (k, n)));
        let large = [1, 2, 3, 7, 33_333, 49_999, 50_001, 99_998, 99_999].map(|k| (k, 99_999));
        for (k, n) in fractions.chain(large) {
            let ratio = Ratio::from_f64(f64::from(k) / f64::from(n));
            let (k, n) = (u64::from(k), u64::from(n));
            assert_eq!(ratio.numerator * n, ratio.denominator * k, "{k}/{n}");
            assert!(ratio.is_reached_by(k, n) && !ratio.is_reached_by(k - 1, n), "{k}/{n}");
        }
    }

    #[test]
    fn ratios_are_ordered_by_value() {
        let ratios = [0.0, 0.000_001, 0.3, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.666_667, 1.0, 2.25, 100.0].map(Ratio::from_f64);
        assert!(ratios.is_sorted_by(|a, b| a < b), "{ratios:?}");
        assert_eq!(ratios[6].millionths(), 666_667);
        assert_eq!(ratios[5].millionths(), 666_666, "rounded down");
        assert_eq!(Ratio::from_millionths(u64::MAX).millionths(), u64::MAX);
    }

    #[test]
    fn decimal_keeps_six_decimals() {
        let exact = |millionths| Some(Decimal { kept: Ratio::from_millionths(millionths), cut: false });
        let finer = |millionths| Some(Decimal { kept: Ratio::from_millionths(millionths), cut: true });
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
