//! Durations, sizes, counts and texts as they are written in attributes.

use std::num::IntErrorKind;

use proc_macro2::Span;
use routekit_grammar::quantity;
use syn::{Lit, LitStr};

use super::raw::RawOption;
use crate::errors::Errors;

/// Milliseconds of `2` (seconds), `"250ms"`, `"5m"` or `"1h30m"`; zero is reported.
pub(crate) fn duration_ms(literal: &Lit, errors: &mut Errors) -> Option<u64> {
    read(literal, &DURATION, "write a positive one", errors)
}

/// The duration of the argument `name`. The message for zero says what happens `without` the argument.
pub(crate) fn optional_duration_ms(literal: &Lit, name: &str, without: &str, errors: &mut Errors) -> Option<u64> {
    read(literal, &DURATION, &format!("write a positive one, or leave `{name}` out: then {without}"), errors)
}

/// Bytes of `65536`, `"64KiB"` or `"1MiB"`; zero is reported.
pub(crate) fn size_bytes(literal: &Lit, errors: &mut Errors) -> Option<u64> {
    read(literal, &SIZE, "write a positive one", errors)
}

/// A positive whole number. `zero` is the end of the message for zero.
pub(crate) fn positive_count(literal: &Lit, zero: &str, errors: &mut Errors) -> Option<u32> {
    let digits = match literal {
        Lit::Int(int) if int.suffix().is_empty() => int.base10_digits(),
        _ => "",
    };
    let message = match digits.parse::<u32>() {
        Ok(0) => format!("a count of zero; {zero}"),
        Ok(count) => return Some(count),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => format!("a count is at most {}", u32::MAX),
        Err(_) => match bare_number(literal).filter(|text| text.parse::<u32>().is_ok_and(|count| count > 0)) {
            Some(bare) => format!("a count has no quotes and no suffix; write `{bare}`"),
            None => "not a count; write a positive whole number such as `10`".to_owned(),
        },
    };
    errors.push(literal.span(), message);
    None
}

/// The text of `literal` without its quotes or its suffix.
pub(crate) fn bare_number(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Int(int) if !int.suffix().is_empty() => Some(int.base10_digits().to_owned()),
        Lit::Float(float) if !float.suffix().is_empty() => Some(float.base10_digits().to_owned()),
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// The string of `name = "…"`; a blank one is reported.
pub(crate) fn text(option: &RawOption, usage: &str, errors: &mut Errors) -> Option<LitStr> {
    let text: LitStr = option.value(usage, errors)?;
    if text.value().trim().is_empty() {
        errors.push(text.span(), format!("`{}` is empty; write {usage}", option.name));
        return None;
    }
    Some(text)
}

/// A quantity with units.
struct Unit {
    name: &'static str,
    /// How it is written, for messages.
    forms: &'static str,
    /// What a bare number counts.
    unit: u64,
    parse: fn(&str) -> Option<u64>,
}

const DURATION: Unit = Unit {
    name: "duration",
    forms: "whole seconds, or a string such as `\"250ms\"`, `\"5m\"`, `\"1h30m\"`",
    unit: 1000,
    parse: quantity::duration_ms,
};

const SIZE: Unit = Unit {
    name: "size",
    forms: "whole bytes, or a string such as `\"64KiB\"`, `\"1MiB\"`",
    unit: 1,
    parse: quantity::size_bytes,
};

/// `not_zero` is the end of the message for zero.
fn read(literal: &Lit, measure: &Unit, not_zero: &str, errors: &mut Errors) -> Option<u64> {
    let Unit { name, forms, unit, parse } = *measure;
    let span: Span = literal.span();
    let parsed = match literal {
        Lit::Int(int) if int.suffix().is_empty() => int.base10_parse::<u64>().ok().and_then(|n| n.checked_mul(unit)),
        Lit::Str(text) => parse(&text.value()),
        _ => None,
    };
    match parsed {
        Some(0) => {
            errors.push(span, format!("a {name} of zero; {not_zero}"));
            None
        }
        Some(value) => Some(value),
        None => {
            errors.push(span, format!("not a {name}; write {forms}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (text, expected) in [
            ("1", Ok(1)),
            ("1_000", Ok(1000)),
            ("0x10", Ok(16)),
            ("4294967295", Ok(u32::MAX)),
            ("4294967296", Err("a count is at most 4294967295")),
            ("0", Err("a count of zero; write more")),
            ("10u8", Err("a count has no quotes and no suffix; write `10`")),
            ("\"10\"", Err("a count has no quotes and no suffix; write `10`")),
            ("\"0\"", Err("not a count; write a positive whole number such as `10`")),
            ("-1", Err("not a count; write a positive whole number such as `10`")),
            ("1.5", Err("not a count; write a positive whole number such as `10`")),
            ("true", Err("not a count; write a positive whole number such as `10`")),
        ] {
            let mut errors = Errors::default();
            let literal = syn::parse_str(text).expect("a literal");
            let count = positive_count(&literal, "write more", &mut errors);
            assert_eq!(count, expected.ok(), "{text}");
            let errors = errors.into_tokens().to_string().replace("\\\"", "\"");
            assert!(expected.err().map_or(errors.is_empty(), |message| errors.contains(message)), "{text}: {errors}");
        }
    }
}
