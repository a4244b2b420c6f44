//! `window = "60s"` or `window = 100`: the calls of a time, or a number of calls.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use routekit_grammar::{
    breaker::{MAX_WINDOW_CALLS, Window, check_window},
    quantity::duration_ms,
};
use syn::Lit;

use crate::{
    errors::Errors,
    parse::literal::{bare_number, positive_count},
};

pub(super) const USAGE: &str =
    "`window = \"60s\"` for the calls of the last minute, or `window = 100` for the last 100 calls";

/// Unlike elsewhere, a number without a unit is not a time: it is a number of calls.
pub(super) fn window(literal: &Lit, errors: &mut Errors) -> Option<Window> {
    let Lit::Str(text) = literal else {
        let zero = format!("the window would hold no call; write {USAGE}");
        let calls = positive_count(literal, &zero, errors)?;
        let window = Window::Calls(calls);
        if check_window(window).is_some() {
            let message = format!(
                "a window has at most {MAX_WINDOW_CALLS} calls; write `{MAX_WINDOW_CALLS}` or less, or a time such as \
                 `\"60s\"`"
            );
            errors.push(literal.span(), message);
            return None;
        }
        return Some(window);
    };
    let message = match duration_ms(&text.value()) {
        Some(0) => format!("a window of no time; the window would hold no call; write {USAGE}"),
        Some(ms) => {
            let window = Window::Time(Duration::from_millis(ms));
            if check_window(window).is_none() {
                return Some(window);
            }
            "a window of time is at least `\"10ms\"` and at most `\"24h\"`".to_owned()
        }
        None => match bare_number(literal).filter(|text| text.parse::<u32>().is_ok_and(|calls| calls > 0)) {
            Some(number) => {
                format!("a time needs a unit; write `\"{number}s\"` for a time, or `{number}` without quotes for calls")
            }
            None => format!("not a window; write {USAGE}"),
        },
    };
    errors.push(literal.span(), message);
    None
}

pub(super) fn tokens(window: Window) -> TokenStream {
    match window {
        Window::Time(time) => {
            let ms = u64::try_from(time.as_millis()).expect("at most a day");
            quote!(__rt::Window::Time(::core::time::Duration::from_millis(#ms)))
        }
        Window::Calls(calls) => quote!(__rt::Window::Calls(#calls)),
    }
}
