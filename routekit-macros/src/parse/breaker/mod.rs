//! `breaker(failure_rate = 0.5, window = "60s", open_for = "30s", fallback = cached_prices)`, or `breaker`

mod checks;
mod decimal;
mod window;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{ExprPath, Lit, LitStr, Type, spanned::Spanned};

use self::{
    decimal::{factor, rate, ratio},
    window::{Window, window},
};
use super::{
    Family, RawOption,
    literal::{duration_ms, optional_duration_ms, positive_count, text},
    raw::{self, Once},
};
use crate::errors::{Errors, unknown};

/// The circuit breaker of the route. What is `None` was not said, or could not be read.
#[derive(Default)]
pub(crate) struct Breaking {
    name: Option<LitStr>,
    failure_rate: Option<Said<u64>>,
    window: Option<Said<Window>>,
    min_calls: Option<Said<u32>>,
    open_for: Option<Said<u64>>,
    half_open_calls: Option<Said<u32>>,
    slow_call: Option<Said<u64>>,
    slow_rate: Option<Said<u64>>,
    backoff: Option<Said<u64>>,
    max_open_for: Option<Said<u64>>,
    fallback: Option<ExprPath>,
    judge: Option<ExprPath>,
    /// Readable or not.
    slow_rate_at: Option<Span>,
    /// Readable or not.
    max_open_for_at: Option<Span>,
    given: Once,
    /// Whether something is no argument at all: perhaps it was meant to be one that seems to be absent.
    misread: bool,
}

/// What an argument says: durations in milliseconds, rates and factors in millionths.
struct Said<T> {
    value: T,
    literal: Lit,
}

const USAGE: &str = "`breaker`, or `breaker(failure_rate = 0.5, window = \"60s\", open_for = \"30s\")`";

const ARGUMENTS: [&str; 12] = [
    "backoff",
    "failure_rate",
    "fallback",
    "half_open_calls",
    "judge",
    "max_open_for",
    "min_calls",
    "name",
    "open_for",
    "slow_call",
    "slow_rate",
    "window",
];

pub(super) const FAMILY: Family = Family {
    names: &["breaker"],
    parse: |option, options, errors| {
        let mut breaking = Breaking::default();
        if !option.is_bare() {
            let Some(arguments) = option.list(USAGE, errors) else { return };
            for piece in raw::split(arguments) {
                match piece.argument(USAGE, errors) {
                    Some(item) if breaking.given.is_first(&item, errors) => breaking.read(&item, errors),
                    Some(_) => {}
                    None => breaking.misread = true,
                }
            }
            checks::check(&breaking, errors);
        }
        options.breaking = Some(breaking);
    },
    policy: |options| options.breaking.as_ref().map(|breaking| breaking.policy(options.state.as_ref())),
};

impl Breaking {
    /// Reads one argument.
    fn read(&mut self, item: &RawOption, errors: &mut Errors) {
        match item.name.as_str() {
            "name" => self.name = text(item, "`name = \"payments\"`", errors),
            "failure_rate" => {
                const ZERO: &str =
                    "the breaker would open though no call failed; write a part of the calls, such as `0.5`";
                self.failure_rate = said(item, "`failure_rate = 0.5`", errors, |l, errors| rate(l, ZERO, errors));
            }
            "window" => self.window = said(item, window::USAGE, errors, window),
            "min_calls" => {
                const ZERO: &str = "the breaker would open before there is a call; write `1`, or leave `min_calls` out";
                self.min_calls = said(item, "`min_calls = 10`", errors, |l, errors| positive_count(l, ZERO, errors));
            }
            "open_for" => self.open_for = duration(item, "60s", "the breaker stays open for 60 seconds", errors),
            "half_open_calls" => {
                const ZERO: &str = "the breaker would never close again; write `1`, or leave `half_open_calls` out";
                self.half_open_calls =
                    said(item, "`half_open_calls = 1`", errors, |l, errors| positive_count(l, ZERO, errors));
            }
            "slow_call" => self.slow_call = duration(item, "1s", "no call is slow", errors),
            "slow_rate" => {
                const ZERO: &str =
                    "the breaker would open though no call is slow; write a part of the calls, such as `0.5`";
                self.slow_rate_at = Some(item.span);
                self.slow_rate = said(item, "`slow_rate = 0.5`", errors, |l, errors| rate(l, ZERO, errors));
            }
            "backoff" => self.backoff = said(item, "`backoff = 2.0`", errors, factor),
            "max_open_for" => {
                self.max_open_for_at = Some(item.span);
                self.max_open_for = said(item, "`max_open_for = \"10m\"`", errors, duration_ms);
            }
            "fallback" => {
                self.fallback = item.value("`fallback = path::to::function`, the path of any axum handler", errors);
            }
            "judge" => {
                const WHAT: &str = "`judge = path::to::function`, the path of a `fn(&axum::response::Response) -> routekit::breaker::Outcome`";
                self.judge = item.value(WHAT, errors);
            }
            other => {
                errors.push(item.span, unknown("argument", other, &ARGUMENTS));
                self.misread = true;
            }
        }
    }

    /// Whether nothing here was meant to be the argument `name`.
    fn is_absent(&self, name: &str) -> bool {
        !self.misread && !self.given.names().any(|given| given == name)
    }

    /// How many calls are in the window at most, where it is one of calls.
    fn calls_of_window(&self) -> Option<u32> {
        match self.window.as_ref()?.value {
            Window::Calls(calls) => Some(calls),
            Window::TimeMs(_) => None,
        }
    }

    fn policy(&self, state: Option<&Type>) -> TokenStream {
        let name = self.name.as_ref().map(|name| quote!(.name(#name)));
        let window = self.window.as_ref().map(|window| window.value.tokens()).map(|window| quote!(.window(#window)));
        let failure_rate = call("failure_rate", self.failure_rate.as_ref(), ratio);
        let min_calls = call("min_calls", self.min_calls.as_ref(), |calls| quote!(#calls));
        let open_for = call("open_for", self.open_for.as_ref(), milliseconds);
        let half_open_calls = call("half_open_calls", self.half_open_calls.as_ref(), |calls| quote!(#calls));
        let slow_call = call("slow_call", self.slow_call.as_ref(), milliseconds);
        let slow_rate = call("slow_rate", self.slow_rate.as_ref(), ratio);
        let backoff = call("backoff", self.backoff.as_ref(), ratio);
        let max_open_for = call("max_open_for", self.max_open_for.as_ref(), milliseconds);
        let fallback = self.fallback.as_ref().map(|function| fallback(function, state));
        let judge = self.judge.as_ref().map(|function| {
            let judge = quote_spanned!(function.span()=> __rt::JudgeResponse::new(#function));
            quote!(.judge(#judge))
        });
        quote! {
            .breaker(
                __rt::BreakerPolicy::new()
                #name #failure_rate #window #min_calls #open_for #half_open_calls #slow_call #slow_rate #backoff
                #max_open_for #judge #fallback
            )
        }
    }
}

fn said<T>(
    item: &RawOption,
    usage: &str,
    errors: &mut Errors,
    read: impl FnOnce(&Lit, &mut Errors) -> Option<T>,
) -> Option<Said<T>> {
    let literal = item.value(usage, errors)?;
    let value = read(&literal, errors)?;
    Some(Said { value, literal })
}

/// A duration that may be left out: then what `without` says is so.
fn duration(item: &RawOption, example: &str, without: &str, errors: &mut Errors) -> Option<Said<u64>> {
    let name = &item.name;
    let usage = format!("`{name} = \"{example}\"`");
    said(item, &usage, errors, |literal, errors| optional_duration_ms(literal, name, without, errors))
}

fn milliseconds(ms: u64) -> TokenStream {
    quote!(::core::time::Duration::from_millis(#ms))
}

/// `.name(value)`, and nothing where nothing was said.
fn call<T: Copy>(name: &str, said: Option<&Said<T>>, tokens: fn(T) -> TokenStream) -> Option<TokenStream> {
    let name = format_ident!("{name}");
    said.map(|said| tokens(said.value)).map(|value| quote!(.#name(#value)))
}

/// Spanned, so that a function that is no handler is reported at its path.
fn fallback(function: &ExprPath, state: Option<&Type>) -> TokenStream {
    let state = state.map_or_else(|| quote!(__rt::Deps), |state| quote!(#state));
    let fallback = quote_spanned! {function.span()=>
        __rt::Fallback::new(|wiring| __rt::fallback::<#state, _, _>(wiring, #function))
    };
    quote!(.fallback(#fallback))
}
