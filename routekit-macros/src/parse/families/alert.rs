//! `alert(error_rate = 0.01, mean = "200ms", p99 = "300ms")`

use proc_macro2::TokenStream;
use quote::quote;
use routekit_grammar::ratio::Ratio;
use syn::{Lit, Type};

use crate::{
    errors::{Errors, unknown},
    parse::{
        decimal::{rate, ratio},
        family::Family,
        literal::duration_ms,
        raw::{self, Once, RawOption},
    },
};

/// The thresholds of the route's alerts. `None` was not given, or could not be read.
#[derive(Default)]
pub(crate) struct Alert {
    error_rate: Option<Ratio>,
    mean_ms: Option<u64>,
    p99_ms: Option<u64>,
}

const USAGE: &str = "`alert(error_rate = 0.01, p99 = \"300ms\")`";

const ARGUMENTS: [&str; 3] = ["error_rate", "mean", "p99"];

impl Family for Option<Alert> {
    fn names(&self) -> &'static [&'static str] {
        &["alert"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let Some(arguments) = option.list(USAGE, errors) else { return };
        let (mut alert, mut once) = (Alert::default(), Once::default());
        for piece in raw::split(arguments) {
            let Some(item) = piece.argument(USAGE, errors) else { continue };
            if !once.is_first(&item, errors) {
                continue;
            }
            match item.name.as_str() {
                "error_rate" => alert.error_rate = error_rate(&item, errors),
                "mean" => alert.mean_ms = milliseconds(&item, "`mean = \"200ms\"`", errors),
                "p99" => alert.p99_ms = milliseconds(&item, "`p99 = \"300ms\"`", errors),
                other => errors.push(item.span, unknown("argument", other, &ARGUMENTS)),
            }
        }
        *self = Some(alert);
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        let Alert { error_rate, mean_ms, p99_ms } = self.as_ref()?;
        let error_rate = error_rate.map(ratio).map(|rate| quote!(.with_error_rate(#rate)));
        let mean = mean_ms.map(|ms| quote!(.with_mean(::core::time::Duration::from_millis(#ms))));
        let p99 = p99_ms.map(|ms| quote!(.with_p99(::core::time::Duration::from_millis(#ms))));
        Some(quote!(.with_alert(__rt::AlertPolicy::new() #error_rate #mean #p99)))
    }
}

/// A share of the requests. An alert needs a share above it, so one is too much.
fn error_rate(item: &RawOption, errors: &mut Errors) -> Option<Ratio> {
    const ZERO: &str = "a single failed request would raise the alert; write a share such as `0.01`";
    let literal: Lit = item.value("`error_rate = 0.01`", errors)?;
    let rate = rate(&literal, ZERO, errors)?;
    if rate == Ratio::ONE {
        errors.push(literal.span(), "no rate is above one, so no alert would be raised; write a share such as `0.5`");
        return None;
    }
    Some(rate)
}

fn milliseconds(item: &RawOption, usage: &str, errors: &mut Errors) -> Option<u64> {
    let literal = item.value(usage, errors)?;
    duration_ms(&literal, errors)
}
