//! What the arguments of one `breaker(…)` say of each other.

use quote::ToTokens;

use super::{Breaking, window::MAX_CALLS};
use crate::errors::Errors;

// The defaults of the runtime's `CircuitBreaker`, as far as something is compared with them.
const DEFAULT_MIN_CALLS: u32 = 10;
const DEFAULT_OPEN_FOR_MS: u64 = 60_000;

/// Reports what cannot be meant. What could not be read has been reported, and is not compared with anything.
pub(super) fn check(breaking: &Breaking, errors: &mut Errors) {
    half_open_calls(breaking, errors);
    min_calls(breaking, errors);
    slow_rate(breaking, errors);
    max_open_for(breaking, errors);
}

/// A breaker must not need more calls to close than it needs to open.
fn half_open_calls(breaking: &Breaking, errors: &mut Errors) {
    let Some(probes) = &breaking.half_open_calls else { return };
    let window = breaking.calls_of_window();
    let (min_calls, named) = match &breaking.min_calls {
        Some(said) => (said.value, format!("`min_calls = {}`", said.value)),
        None if !breaking.is_absent("min_calls") => return,
        None => match window {
            Some(calls) if calls < DEFAULT_MIN_CALLS => {
                (calls, format!("the {calls} calls of the window, which is the default of `min_calls` here"))
            }
            None if !breaking.is_absent("window") && breaking.window.is_none() => return,
            _ => (DEFAULT_MIN_CALLS, format!("the default of `min_calls`, {DEFAULT_MIN_CALLS}")),
        },
    };
    if probes.value <= min_calls {
        return;
    }
    // Advice that leads to the next mistake is none.
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

fn min_calls(breaking: &Breaking, errors: &mut Errors) {
    let (Some(min_calls), Some(window)) = (&breaking.min_calls, breaking.calls_of_window()) else { return };
    let wanted = min_calls.value;
    if wanted <= window {
        return;
    }
    let widen = if wanted <= MAX_CALLS { format!(", or `window = {wanted}` or more") } else { String::new() };
    errors.push(
        min_calls.literal.span(),
        format!(
            "the breaker would never open, since there are never more than {window} calls in the window; write \
             `min_calls = {window}` or less{widen}"
        ),
    );
}

fn slow_rate(breaking: &Breaking, errors: &mut Errors) {
    if let Some(span) = breaking.slow_rate_at
        && breaking.is_absent("slow_call")
    {
        errors.push(
            span,
            "no call is slow without `slow_call`; write `slow_call = \"1s\"` as well, or leave `slow_rate` out",
        );
    }
}

fn max_open_for(breaking: &Breaking, errors: &mut Errors) {
    if let Some(span) = breaking.max_open_for_at
        && breaking.is_absent("backoff")
    {
        errors.push(
            span,
            "without `backoff` the breaker stays open for as long each time; write `backoff = 2.0` as well, or leave \
             `max_open_for` out",
        );
        return;
    }
    let Some(max) = &breaking.max_open_for else { return };
    let (ms, named) = match &breaking.open_for {
        Some(open_for) => (open_for.value, format!("`open_for = {}`", open_for.literal.to_token_stream())),
        None if breaking.is_absent("open_for") => {
            (DEFAULT_OPEN_FOR_MS, "the default of `open_for`, `\"60s\"`".to_owned())
        }
        None => return,
    };
    if max.value < ms {
        let literal = max.literal.to_token_stream();
        errors.push(
            max.literal.span(),
            format!("`max_open_for` is less than {named}; write a longer one, or `open_for = {literal}` or less"),
        );
    }
}
