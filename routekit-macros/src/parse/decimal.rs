//! `0.5` and `2.0`: rates and factors, read from their digits. Too many decimals are reported, not rounded.

use proc_macro2::TokenStream;
use quote::quote;
use routekit_grammar::{
    breaker::MAX_BACKOFF,
    ratio::{Decimal, Ratio},
};
use syn::Lit;

use crate::{errors::Errors, parse::literal::bare_number};

/// A share of the calls. `zero` is the end of the message for zero.
pub(crate) fn rate(literal: &Lit, zero: &str, errors: &mut Errors) -> Option<Ratio> {
    let noun = Noun { name: "rate", range: "a number above 0 and at most 1, such as `0.5`" };
    noun.read(literal, errors, |rate| match rate {
        Decimal { kept: ZERO, cut: false } => Some(format!("a rate of zero; {zero}")),
        _ if !rate.exceeds(Ratio::ONE) => None,
        _ => Some(format!("a rate above one; a rate is a share of the calls{}", percent(rate))),
    })
}

/// A share of the requests that an objective asks for.
pub(crate) fn objective(literal: &Lit, errors: &mut Errors) -> Option<Ratio> {
    let noun = Noun { name: "share", range: "a number above 0 and below 1, such as `0.999`" };
    noun.read(literal, errors, |share| match share {
        Decimal { kept: ZERO, cut: false } => {
            Some("a share of zero; every route would reach it; write a share such as `0.999`".to_owned())
        }
        Decimal { kept: Ratio::ONE, cut: false } => {
            Some("a share of one leaves no request that may fail; write a share such as `0.999`".to_owned())
        }
        _ if share.exceeds(Ratio::ONE) => Some(format!("a share above one{}", percent_of_requests(share))),
        _ => None,
    })
}

/// The factor of `backoff`.
pub(crate) fn factor(literal: &Lit, errors: &mut Errors) -> Option<Ratio> {
    let noun = Noun { name: "factor", range: "a number above 1 and at most 100, such as `2.0`" };
    noun.read(literal, errors, |factor| {
        let wrong = if factor.kept < Ratio::ONE {
            "a factor below one; the breaker would stay open for a shorter time after each failure; write `2.0`, or \
             leave `backoff` out"
        } else if !factor.exceeds(Ratio::ONE) {
            "a factor of one has no effect; leave `backoff` out"
        } else if factor.exceeds(MAX_BACKOFF) {
            "a factor is at most 100; write `2.0`"
        } else {
            return None;
        };
        Some(wrong.to_owned())
    })
}

/// The ratio in generated code.
pub(crate) fn ratio(ratio: Ratio) -> TokenStream {
    let millionths = ratio.millionths();
    quote!(__rt::Ratio::from_millionths(#millionths))
}

const ZERO: Ratio = Ratio::from_millionths(0);

/// What is read, for messages.
struct Noun {
    name: &'static str,
    range: &'static str,
}

impl Noun {
    /// Reads the number; `mistake` is the message for a number out of range.
    fn read(&self, literal: &Lit, errors: &mut Errors, mistake: impl Fn(Decimal) -> Option<String>) -> Option<Ratio> {
        let Self { name, range } = self;
        let digits = match literal {
            Lit::Int(int) if int.suffix().is_empty() => int.base10_digits(),
            Lit::Float(float) if float.suffix().is_empty() => float.base10_digits(),
            _ => "",
        };
        let wrong = match Decimal::parse(digits) {
            Some(number) => match mistake(number) {
                Some(wrong) => wrong,
                None if !number.cut => return Some(number.kept),
                // One millionth more than the digits that are kept, if those alone would be out of range.
                None => {
                    let more = if mistake(Decimal { cut: false, ..number }).is_some() { 1 } else { 0 };
                    format!("a {name} has at most six decimals; write `{}`", written(number.kept.millionths() + more))
                }
            },
            None => match bare_number(literal) {
                Some(bare) if Decimal::parse(&bare).is_some_and(|number| mistake(number).is_none() && !number.cut) => {
                    format!("a {name} has no quotes and no suffix; write `{bare}`")
                }
                _ => format!("not a {name}; write {range}"),
            },
        };
        errors.push(literal.span(), wrong);
        None
    }
}

/// `failure_rate = 50` is meant as percent.
fn percent(rate: Decimal) -> String {
    let (millionths, one) = (rate.kept.millionths(), Ratio::ONE.millionths());
    match millionths / one {
        percent @ 2..=100 if millionths.is_multiple_of(one) && !rate.cut => {
            format!("; for {percent} percent, write `{}`", written(millionths / 100))
        }
        _ => ", at most 1, such as `0.5`".to_owned(),
    }
}

/// `availability = 99.9` is meant as percent.
fn percent_of_requests(share: Decimal) -> String {
    let (millionths, one) = (share.kept.millionths(), Ratio::ONE.millionths());
    if millionths < 100 * one && millionths.is_multiple_of(100) && !share.cut {
        let shown = share.kept;
        return format!("; for {shown} percent, write `{}`", written(millionths / 100));
    }
    ", but a share of the requests is below 1, such as `0.999`".to_owned()
}

/// `0.5` or `1.0`: a literal with a point, as an attribute takes it.
fn written(millionths: u64) -> String {
    let text = Ratio::from_millionths(millionths).to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_above_zero_and_at_most_one() {
        const NONE: &str = "not a rate; write a number above 0 and at most 1, such as `0.5`";
        const ABOVE: &str = "a rate above one; a rate is a share of the calls, at most 1, such as `0.5`";
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
            ("50", Err("a rate above one; a rate is a share of the calls; for 50 percent, write `0.5`")),
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
    fn factors_are_above_one() {
        for (text, expected) in [
            ("2", Ok(2_000_000)),
            ("1.5", Ok(1_500_000)),
            ("100", Ok(100_000_000)),
            ("1.000001", Ok(1_000_001)),
            ("1.0000001", Err("a factor has at most six decimals; write `1.000001`")),
            ("1", Err("a factor of one has no effect; leave `backoff` out")),
            ("0.5", Err("a factor below one; ")),
            ("0", Err("a factor below one; ")),
            ("100.5", Err("a factor is at most 100; ")),
            ("-2", Err("not a factor; write a number above 1 and at most 100, such as `2.0`")),
            ("\"2\"", Err("a factor has no quotes and no suffix; write `2`")),
        ] {
            check(text, expected, factor);
        }
    }

    #[test]
    fn objectives_are_between_zero_and_one() {
        for (text, expected) in [
            ("0.999", Ok(999_000)),
            ("0.000001", Ok(1)),
            ("0.999999", Ok(999_999)),
            ("0", Err("a share of zero; ")),
            ("1", Err("a share of one leaves no request that may fail; ")),
            ("1.0", Err("a share of one leaves no request that may fail; ")),
            ("99.9", Err("a share above one; for 99.9 percent, write `0.999`")),
            ("1.00001", Err("a share above one, but a share of the requests is below 1")),
            ("100", Err("a share above one, but a share of the requests is below 1")),
            ("0.9999999", Err("a share has at most six decimals; write `0.999999`")),
            ("-0.5", Err("not a share; write a number above 0 and below 1, such as `0.999`")),
            ("\"0.999\"", Err("a share has no quotes and no suffix; write `0.999`")),
        ] {
            check(text, expected, objective);
        }
    }

    fn check(text: &str, expected: Result<u64, &str>, read: impl Fn(&Lit, &mut Errors) -> Option<Ratio>) {
        let mut errors = Errors::default();
        let literal = syn::parse_str(text).expect("a literal");
        assert_eq!(read(&literal, &mut errors).map(Ratio::millionths), expected.ok(), "{text}");
        let errors = errors.into_tokens().to_string();
        assert!(expected.err().map_or(errors.is_empty(), |message| errors.contains(message)), "{text}: {errors}");
    }
}
