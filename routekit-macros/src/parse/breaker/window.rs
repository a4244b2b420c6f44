//! `window = "60s"` or `window = 100`: the calls of a time, or so many.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::{
    errors::Errors,
    parse::literal::{bare_number, parse_duration, positive_count},
};

/// The calls that are looked at.
#[derive(Clone, Copy)]
pub(super) enum Window {
    TimeMs(u64),
    Calls(u32),
}

pub(super) const USAGE: &str = "`window = \"60s\"` for the calls of that time, or `window = 100` for the last so many";

/// Each call of a window takes memory.
pub(super) const MAX_CALLS: u32 = 100_000;

const MIN_MS: u64 = 10;
const MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// Unlike elsewhere, a number without a unit is no time: it counts calls.
pub(super) fn window(literal: &Lit, errors: &mut Errors) -> Option<Window> {
    let Lit::Str(text) = literal else {
        let zero = format!("the breaker would look at no call; write {USAGE}");
        let calls = positive_count(literal, &zero, errors)?;
        if calls > MAX_CALLS {
            let message = format!(
                "a window has at most {MAX_CALLS} calls; write `{MAX_CALLS}` or less, or a time such as `\"60s\"`"
            );
            errors.push(literal.span(), message);
            return None;
        }
        return Some(Window::Calls(calls));
    };
    let message = match parse_duration(&text.value()) {
        Some(0) => format!("a window of no time; the breaker would look at no call; write {USAGE}"),
        Some(ms @ MIN_MS..=MAX_MS) => return Some(Window::TimeMs(ms)),
        Some(_) => "a window of time is at least `\"10ms\"` and at most `\"24h\"`".to_owned(),
        None => match bare_number(literal).filter(|text| text.parse::<u32>().is_ok_and(|calls| calls > 0)) {
            Some(number) => format!("a time has a unit; write `\"{number}s\"`, or `{number}` for so many calls"),
            None => format!("not a window; write {USAGE}"),
        },
    };
    errors.push(literal.span(), message);
    None
}

impl Window {
    pub(super) fn tokens(self) -> TokenStream {
        match self {
            Self::TimeMs(ms) => quote!(__rt::Window::Time(::core::time::Duration::from_millis(#ms))),
            Self::Calls(calls) => quote!(__rt::Window::Calls(#calls)),
        }
    }
}
