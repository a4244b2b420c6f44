//! `0.5` and `2.0`: rates and factors, exactly as they are written.
//!
//! They are read from their digits and not by way of a float, so that what is written alike is equal, and what cannot
//! be kept is refused instead of rounded.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::{errors::Errors, parse::literal::bare_number};

const ONE: Decimal = Decimal { millionths: 1_000_000, finer: false };
const MAX_FACTOR: Decimal = Decimal { millionths: 100 * ONE.millionths, finer: false };

/// A number of at most six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Decimal {
    millionths: u64,
    /// Whether there are more decimals, which are left out.
    finer: bool,
}

/// Millionths of a part of the calls; `zero` is what to say of zero.
pub(super) fn rate(literal: &Lit, zero: &str, errors: &mut Errors) -> Option<u64> {
    let kind = Kind { name: "rate", range: "a number above 0 and at most 1, such as `0.5`" };
    kind.read(literal, errors, |rate| match rate {
        Decimal { millionths: 0, finer: false } => Some(format!("a rate of zero; {zero}")),
        _ if rate <= ONE => None,
        _ => Some(format!("a rate above one; a rate is a part of the calls{}", percent(rate))),
    })
}

/// Millionths of what something is multiplied by.
pub(super) fn factor(literal: &Lit, errors: &mut Errors) -> Option<u64> {
    let kind = Kind { name: "factor", range: "a number above 1 and at most 100, such as `2.0`" };
    kind.read(literal, errors, |factor| {
        let wrong = if factor < ONE {
            "a factor below one; the breaker would stay open for less and less; write `2.0`, or leave `backoff` out"
        } else if factor == ONE {
            "a factor of one; the breaker would stay open for as long each time; leave `backoff` out"
        } else if factor > MAX_FACTOR {
            "a factor is at most 100; write `2.0`"
        } else {
            return None;
        };
        Some(wrong.to_owned())
    })
}

/// What generated code makes of it.
pub(super) fn ratio(millionths: u64) -> TokenStream {
    quote!(__rt::Ratio::from_millionths(#millionths))
}

struct Kind {
    name: &'static str,
    range: &'static str,
}

impl Kind {
    /// `mistake` is what is wrong about a number, if anything is.
    fn read(&self, literal: &Lit, errors: &mut Errors, mistake: impl Fn(Decimal) -> Option<String>) -> Option<u64> {
        let Self { name, range } = self;
        let digits = match literal {
            Lit::Int(int) if int.suffix().is_empty() => int.base10_digits(),
            Lit::Float(float) if float.suffix().is_empty() => float.base10_digits(),
            _ => "",
        };
        let wrong = match decimal(digits) {
            Some(number) => match mistake(number) {
                Some(wrong) => wrong,
                None if !number.finer => return Some(number.millionths),
                // A millionth more than was written, where less would be out of the range.
                None => {
                    let kept = if mistake(Decimal { finer: false, ..number }).is_some() { 1 } else { 0 };
                    format!("a {name} has at most six decimals; write `{}`", written(number.millionths + kept))
                }
            },
            None => match bare_number(literal) {
                Some(bare) if decimal(&bare).is_some_and(|number| mistake(number).is_none() && !number.finer) => {
                    format!("a {name} has no quotes and no suffix; write `{bare}`")
                }
                _ => format!("not a {name}; a {name} is {range}"),
            },
        };
        errors.push(literal.span(), wrong);
        None
    }
}

/// Whoever writes `failure_rate = 50` means percent.
fn percent(rate: Decimal) -> String {
    match rate.millionths / ONE.millionths {
        percent @ 2..=100 if rate.millionths.is_multiple_of(ONE.millionths) && !rate.finer => {
            format!("; for {percent} percent, write `{}`", written(rate.millionths / 100))
        }
        _ => ", at most 1, such as `0.5`".to_owned(),
    }
}

/// `0.5`, as it stands in an attribute.
fn written(millionths: u64) -> String {
    let text = format!("{}.{:06}", millionths / ONE.millionths, millionths % ONE.millionths);
    let digits = text.trim_end_matches('0');
    if digits.ends_with('.') { format!("{digits}0") } else { digits.to_owned() }
}

/// Of digits with at most one point; an exponent and a sign are none.
fn decimal(digits: &str) -> Option<Decimal> {
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(rest.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_end_matches('0');
    let (kept, left_out) = rest.split_at(rest.len().min(6));
    let fraction: u64 = format!("{kept:0<6}").parse().ok()?;
    let millionths = whole.parse::<u64>().ok()?.checked_mul(ONE.millionths)?.checked_add(fraction)?;
    Some(Decimal { millionths, finer: !left_out.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        let exact = |millionths| Some(Decimal { millionths, finer: false });
        let finer = |millionths| Some(Decimal { millionths, finer: true });
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
            assert_eq!(decimal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn rates() {
        const NONE: &str = "not a rate; a rate is a number above 0 and at most 1, such as `0.5`";
        const ABOVE: &str = "a rate above one; a rate is a part of the calls, at most 1, such as `0.5`";
        for (text, expected) in [
            ("0.5", Ok(500_000)),
            ("0.5_0", Ok(500_000)),
            ("1", Ok(1_000_000)),
            ("1.0", Ok(1_000_000)),
            ("0", Err("a rate of zero; write more")),
            ("0.0", Err("a rate of zero; write more")),
            ("0.0000001", Err("a rate has at most six decimals; write `0.000001`")),
            ("0.12345678", Err("a rate has at most six decimals; write `0.123456`")),
            ("1.5", Err(ABOVE)),
            ("1.0000001", Err(ABOVE)),
            ("200", Err(ABOVE)),
            ("50", Err("a rate above one; a rate is a part of the calls; for 50 percent, write `0.5`")),
            ("-0.5", Err(NONE)),
            ("5e-1", Err(NONE)),
            ("0.5f64", Err("a rate has no quotes and no suffix; write `0.5`")),
            ("1u8", Err("a rate has no quotes and no suffix; write `1`")),
            ("\"0.5\"", Err("a rate has no quotes and no suffix; write `0.5`")),
            ("\"50\"", Err(NONE)),
            ("\"half\"", Err(NONE)),
            ("true", Err(NONE)),
        ] {
            check(text, expected, |literal, errors| rate(literal, "write more", errors));
        }
    }

    #[test]
    fn factors() {
        for (text, expected) in [
            ("2", Ok(2_000_000)),
            ("1.5", Ok(1_500_000)),
            ("100", Ok(100_000_000)),
            ("1.000001", Ok(1_000_001)),
            ("1.0000001", Err("a factor has at most six decimals; write `1.000001`")),
            ("1", Err("a factor of one; the breaker would stay open for as long each time; leave `backoff` out")),
            ("0.5", Err("a factor below one; ")),
            ("0", Err("a factor below one; ")),
            ("100.5", Err("a factor is at most 100; ")),
            ("-2", Err("not a factor; a factor is a number above 1 and at most 100, such as `2.0`")),
            ("\"2\"", Err("a factor has no quotes and no suffix; write `2`")),
        ] {
            check(text, expected, factor);
        }
    }

    fn check(text: &str, expected: Result<u64, &str>, read: impl Fn(&Lit, &mut Errors) -> Option<u64>) {
        let mut errors = Errors::default();
        let literal = syn::parse_str(text).expect("a literal");
        assert_eq!(read(&literal, &mut errors), expected.ok(), "{text}");
        let errors = errors.into_tokens().to_string();
        assert!(expected.err().map_or(errors.is_empty(), |message| errors.contains(message)), "{text}: {errors}");
    }
}
