//! Rules between the arguments of one `breaker(…)`.

use quote::ToTokens;
use routekit_grammar::breaker::{DEFAULT_MIN_CALLS, MAX_WINDOW_CALLS, Violation};
use syn::spanned::Spanned;

use super::arguments::Breaker;
use crate::errors::Errors;

/// Reports arguments that make no sense together. An argument that could not be read has been reported, and is not
/// compared with any other.
pub(super) fn check(breaker: &Breaker, errors: &mut Errors) {
    slow_rate(breaker, errors);
    fallback(breaker, errors);
    let max_open_for_is_moot = max_open_for_without_backoff(breaker, errors);
    for violation in breaker.numbers().with_defaults().violations() {
        match violation {
            Violation::HalfOpenCallsAboveMinCalls { min_calls, .. } => half_open_calls(breaker, min_calls, errors),
            Violation::MinCallsAboveWindow { min_calls, window } => {
                min_calls_above_window(breaker, min_calls, window, errors);
            }
            Violation::MaxOpenForBelowOpenFor { .. } if max_open_for_is_moot => {}
            Violation::MaxOpenForBelowOpenFor { .. } => max_open_for(breaker, errors),
            // A limit of one argument; it was checked where the argument was read.
            Violation::Rate(..)
            | Violation::WindowTime(_)
            | Violation::WindowCalls(_)
            | Violation::NoCalls(_)
            | Violation::Time(..)
            | Violation::Backoff(_) => {}
        }
    }
}

fn half_open_calls(breaker: &Breaker, min_calls: u32, errors: &mut Errors) {
    let Some(probes) = &breaker.half_open_calls else { return };
    let window = breaker.calls_of_window();
    let named = match &breaker.min_calls {
        Some(_) => format!("`min_calls = {min_calls}`"),
        None if !breaker.is_absent("min_calls") => return,
        None => match window {
            Some(calls) if calls < DEFAULT_MIN_CALLS => {
                format!("the default of `min_calls` for a window of {calls} calls, {calls}")
            }
            None if !breaker.is_absent("window") && breaker.window.is_none() => return,
            _ => format!("the default of `min_calls`, {DEFAULT_MIN_CALLS}"),
        },
    };
    // The advice must not lead to the next mistake.
    let allowed = window.map_or(min_calls, |window| window.min(min_calls));
    let raise = match window {
        Some(calls) if calls < probes.value => String::new(),
        _ => format!(", or `min_calls = {}` or more", probes.value),
    };
    errors.push(
        probes.literal.span(),
        format!("`half_open_calls` is more than {named}; write `half_open_calls = {allowed}` or less{raise}"),
    );
}

fn min_calls_above_window(breaker: &Breaker, wanted: u32, window: u32, errors: &mut Errors) {
    let Some(min_calls) = &breaker.min_calls else { return };
    let widen = if wanted <= MAX_WINDOW_CALLS { format!(", or `window = {wanted}` or more") } else { String::new() };
    errors.push(
        min_calls.literal.span(),
        format!(
            "the breaker would never open, because the window has only {window} calls; write `min_calls = {window}` \
             or less{widen}"
        ),
    );
}

fn slow_rate(breaker: &Breaker, errors: &mut Errors) {
    if let Some(span) = breaker.slow_rate_at
        && breaker.is_absent("slow_call")
    {
        errors.push(
            span,
            "`slow_rate` has no effect without `slow_call`; add `slow_call = \"1s\"`, or leave `slow_rate` out",
        );
    }
}

fn fallback(breaker: &Breaker, errors: &mut Errors) {
    if let (Some(fallback), Some(on_error)) = (&breaker.fallback, &breaker.fallback_on_error)
        && fallback.to_token_stream().to_string() == on_error.to_token_stream().to_string()
    {
        errors.push(
            fallback.span(),
            "`fallback_on_error` also answers while the breaker is open; leave `fallback` out, or name another \
             function",
        );
    }
}

fn max_open_for_without_backoff(breaker: &Breaker, errors: &mut Errors) -> bool {
    let Some(span) = breaker.max_open_for_at.filter(|_| breaker.is_absent("backoff")) else { return false };
    errors
        .push(span, "`max_open_for` has no effect without `backoff`; add `backoff = 2.0`, or leave `max_open_for` out");
    true
}

fn max_open_for(breaker: &Breaker, errors: &mut Errors) {
    let Some(max) = &breaker.max_open_for else { return };
    let named = match &breaker.open_for {
        Some(open_for) => format!("`open_for = {}`", open_for.literal.to_token_stream()),
        None if breaker.is_absent("open_for") => "the default of `open_for`, `\"60s\"`".to_owned(),
        None => return,
    };
    let literal = max.literal.to_token_stream();
    errors.push(
        max.literal.span(),
        format!("`max_open_for` is less than {named}; write a longer duration, or `open_for = {literal}` or less"),
    );
}
