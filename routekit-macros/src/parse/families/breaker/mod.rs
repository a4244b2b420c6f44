//! `breaker(failure_rate = 0.5, window = "60s", open_for = "30s", fallback = cached_prices)`, or `breaker`

mod arguments;
mod checks;
mod window;

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use routekit_grammar::breaker::{BreakerNumbers, Window, check_time};
use syn::{ExprPath, Lit, Type, spanned::Spanned};

pub(crate) use self::arguments::Breaker;
use self::{arguments::Given, window::window};
use crate::{
    errors::{Errors, unknown},
    parse::{
        decimal::{factor, rate, ratio},
        family::Family,
        literal::{duration_ms, optional_duration_ms, positive_count, text},
        raw::{self, RawOption},
    },
};

const USAGE: &str = "`breaker`, or `breaker(failure_rate = 0.5, window = \"60s\", open_for = \"30s\")`";

const ARGUMENTS: [&str; 13] = [
    "backoff",
    "classify",
    "failure_rate",
    "fallback",
    "fallback_on_error",
    "half_open_calls",
    "max_open_for",
    "min_calls",
    "name",
    "open_for",
    "slow_call",
    "slow_rate",
    "window",
];

impl Family for Option<Breaker> {
    fn names(&self) -> &'static [&'static str] {
        &["breaker"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let mut breaker = Breaker::default();
        if !option.is_bare() {
            let Some(arguments) = option.list(USAGE, errors) else { return };
            for piece in raw::split(arguments) {
                match piece.argument(USAGE, errors) {
                    Some(item) if breaker.given.is_first(&item, errors) => breaker.read(&item, errors),
                    Some(_) => {}
                    None => breaker.misread = true,
                }
            }
            checks::check(&breaker, errors);
        }
        *self = Some(breaker);
    }

    fn policy(&self, state: Option<&Type>) -> Option<TokenStream> {
        self.as_ref().map(|breaker| breaker.policy(state))
    }
}

impl Breaker {
    /// Reads one argument.
    fn read(&mut self, item: &RawOption, errors: &mut Errors) {
        match item.name.as_str() {
            "name" => self.name = text(item, "`name = \"payments\"`", errors),
            "failure_rate" => {
                const ZERO: &str = "the breaker would open without a failed call; write a share such as `0.5`";
                self.failure_rate = given(item, "`failure_rate = 0.5`", errors, |l, errors| rate(l, ZERO, errors));
            }
            "window" => self.window = given(item, window::USAGE, errors, window),
            "min_calls" => {
                const ZERO: &str = "the breaker would open before the first call; write `1`, or leave `min_calls` out";
                self.min_calls = given(item, "`min_calls = 10`", errors, |l, errors| positive_count(l, ZERO, errors));
            }
            "open_for" => self.open_for = duration(item, "60s", "the breaker stays open for 60 seconds", errors),
            "half_open_calls" => {
                const ZERO: &str = "the breaker would never close again; write `1`, or leave `half_open_calls` out";
                self.half_open_calls =
                    given(item, "`half_open_calls = 1`", errors, |l, errors| positive_count(l, ZERO, errors));
            }
            "slow_call" => self.slow_call = duration(item, "1s", "no call counts as slow", errors),
            "slow_rate" => {
                const ZERO: &str = "the breaker would open without a slow call; write a share such as `0.5`";
                self.slow_rate_at = Some(item.span);
                self.slow_rate = given(item, "`slow_rate = 0.5`", errors, |l, errors| rate(l, ZERO, errors));
            }
            "backoff" => self.backoff = given(item, "`backoff = 2.0`", errors, factor),
            "max_open_for" => {
                self.max_open_for_at = Some(item.span);
                self.max_open_for = given(item, "`max_open_for = \"10m\"`", errors, |literal, errors| {
                    bounded("max_open_for", literal, duration_ms(literal, errors)?, errors)
                });
            }
            "fallback" => {
                self.fallback = item.value("`fallback = path::to::function`, the path of an axum handler", errors);
            }
            "fallback_on_error" => {
                const USAGE: &str = "`fallback_on_error = path::to::function`, the path of an axum handler";
                self.fallback_on_error = item.value(USAGE, errors);
            }
            "classify" => {
                const USAGE: &str = "`classify = path::to::function`, the path of a \
                                     `fn(&axum::response::Response) -> routekit::breaker::Outcome`";
                self.classify = item.value(USAGE, errors);
            }
            "judge" => {
                errors.push(item.span, "`judge` is now called `classify`; write `classify = path::to::function`");
            }
            other => {
                errors.push(item.span, unknown("argument", other, &ARGUMENTS));
                self.misread = true;
            }
        }
    }

    /// Whether the argument `name` was not given, and no misread piece could have been it.
    fn is_absent(&self, name: &str) -> bool {
        !self.misread && !self.given.names().any(|given| given == name)
    }

    /// The calls of the window, if it is one of calls.
    fn calls_of_window(&self) -> Option<u32> {
        match self.window.as_ref()?.value {
            Window::Calls(calls) => Some(calls),
            Window::Time(_) => None,
        }
    }

    /// The numbers that could be read.
    fn numbers(&self) -> BreakerNumbers {
        fn value<T: Copy>(given: Option<&Given<T>>) -> Option<T> {
            given.map(|given| given.value)
        }
        BreakerNumbers {
            failure_rate: value(self.failure_rate.as_ref()),
            window: value(self.window.as_ref()),
            min_calls: value(self.min_calls.as_ref()),
            open_for: value(self.open_for.as_ref()),
            half_open_calls: value(self.half_open_calls.as_ref()),
            slow_call: value(self.slow_call.as_ref()),
            slow_rate: value(self.slow_rate.as_ref()),
            backoff: value(self.backoff.as_ref()),
            max_open_for: value(self.max_open_for.as_ref()),
        }
    }

    fn policy(&self, state: Option<&Type>) -> TokenStream {
        let numbers = self.numbers();
        let name = self.name.as_ref().map(|name| quote!(.with_name(#name)));
        let failure_rate = call("failure_rate", numbers.failure_rate, ratio);
        let window = call("window", numbers.window, window::tokens);
        let min_calls = call("min_calls", numbers.min_calls, |calls| quote!(#calls));
        let open_for = call("open_for", numbers.open_for, milliseconds);
        let half_open_calls = call("half_open_calls", numbers.half_open_calls, |calls| quote!(#calls));
        let slow_call = call("slow_call", numbers.slow_call, milliseconds);
        let slow_rate = call("slow_rate", numbers.slow_rate, ratio);
        let backoff = call("backoff", numbers.backoff, ratio);
        let max_open_for = call("max_open_for", numbers.max_open_for, milliseconds);
        let on_error = self.fallback_on_error.as_ref().map(|function| fallback("fallback_on_error", function, state));
        let fallback = self.fallback.as_ref().map(|function| fallback("fallback", function, state));
        let classify = self.classify.as_ref().map(|function| {
            let classify = quote_spanned!(function.span()=> __rt::ClassifyResponse::new(#function));
            quote!(.with_classify(#classify))
        });
        quote! {
            .with_breaker(
                __rt::BreakerPolicy::new()
                #name #failure_rate #window #min_calls #open_for #half_open_calls #slow_call #slow_rate #backoff
                #max_open_for #classify #fallback #on_error
            )
        }
    }
}

fn given<T>(
    item: &RawOption,
    usage: &str,
    errors: &mut Errors,
    read: impl FnOnce(&Lit, &mut Errors) -> Option<T>,
) -> Option<Given<T>> {
    let literal = item.value(usage, errors)?;
    let value = read(&literal, errors)?;
    Some(Given { value, literal })
}

/// A duration that may be left out; `without` says what happens then.
fn duration(item: &RawOption, example: &str, without: &str, errors: &mut Errors) -> Option<Given<Duration>> {
    let name = &item.name;
    let usage = format!("`{name} = \"{example}\"`");
    given(item, &usage, errors, |literal, errors| {
        bounded(name, literal, optional_duration_ms(literal, name, without, errors)?, errors)
    })
}

/// The duration, unless it is too long for a breaker.
fn bounded(name: &str, literal: &Lit, ms: u64, errors: &mut Errors) -> Option<Duration> {
    let time = Duration::from_millis(ms);
    if check_time("", time).is_some() {
        errors.push(literal.span(), format!("`{name}` is at most a year, `\"8760h\"`; write a shorter duration"));
        return None;
    }
    Some(time)
}

fn milliseconds(time: Duration) -> TokenStream {
    let ms = u64::try_from(time.as_millis()).expect("at most a year");
    quote!(::core::time::Duration::from_millis(#ms))
}

/// `.with_name(value)`, or nothing without a value.
fn call<T>(name: &str, value: Option<T>, tokens: fn(T) -> TokenStream) -> Option<TokenStream> {
    let name = format_ident!("with_{name}");
    value.map(tokens).map(|value| quote!(.#name(#value)))
}

/// Spanned, so that a function that is not a handler is reported at its path.
fn fallback(name: &str, function: &ExprPath, state: Option<&Type>) -> TokenStream {
    let with_fallback = format_ident!("with_{name}");
    let state = state.map_or_else(|| quote!(__rt::Deps), |state| quote!(#state));
    let fallback = quote_spanned! {function.span()=>
        __rt::Fallback::new(|wiring| {
            // A value, so that clippy's `unused_async` leaves the function out.
            let function = #function;
            __rt::fallback::<#state, _, _>(wiring, function)
        })
    };
    quote!(.#with_fallback(#fallback))
}
