//! `slo(availability = 0.999, latency("300ms", 0.99))`

use proc_macro2::TokenStream;
use quote::quote;
use routekit_grammar::ratio::Ratio;
use syn::{Lit, Type};

use crate::{
    errors::{Errors, unknown},
    parse::{
        decimal::{objective, ratio},
        family::Family,
        literal::duration_ms,
        raw::{self, Once, RawOption},
    },
};

/// The objectives of the route. `None` was not given, or could not be read.
#[derive(Default)]
pub(crate) struct Slo {
    availability: Option<Ratio>,
    /// The threshold, and the share of requests that take no longer.
    latency: Option<(u64, Ratio)>,
}

const USAGE: &str = "`slo(availability = 0.999, latency(\"300ms\", 0.99))`";

const AVAILABILITY: &str = "`availability = 0.999`";

const LATENCY: &str = "`latency(\"300ms\", 0.99)`";

const ARGUMENTS: [&str; 2] = ["availability", "latency"];

/// Above it, Prometheus writes the bound of a bucket in other ways, and no handler takes that long.
const MAX_THRESHOLD_MS: u64 = 3_600_000;

impl Family for Option<Slo> {
    fn names(&self) -> &'static [&'static str] {
        &["slo"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let Some(arguments) = option.list(USAGE, errors) else { return };
        let (mut slo, mut once) = (Slo::default(), Once::default());
        for piece in raw::split(arguments) {
            let Some(item) = piece.argument(USAGE, errors) else { continue };
            if !once.is_first(&item, errors) {
                continue;
            }
            match item.name.as_str() {
                "availability" => {
                    let literal: Option<Lit> = item.value(AVAILABILITY, errors);
                    slo.availability = literal.and_then(|literal| objective(&literal, errors));
                }
                "latency" => slo.latency = latency(&item, errors),
                other => errors.push(item.span, unknown("argument", other, &ARGUMENTS)),
            }
        }
        *self = Some(slo);
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        let Slo { availability, latency } = self.as_ref()?;
        let availability = availability.map(ratio).map(|share| quote!(.with_availability(#share)));
        let latency = latency.map(|(ms, share)| {
            let share = ratio(share);
            quote!(.with_latency(::core::time::Duration::from_millis(#ms), #share))
        });
        Some(quote!(.with_slo(__rt::SloPolicy::new() #availability #latency)))
    }
}

/// Reads both, so that both mistakes are reported.
fn latency(item: &RawOption, errors: &mut Errors) -> Option<(u64, Ratio)> {
    let (threshold, share): (Lit, Lit) = item.pair(LATENCY, errors)?;
    let (ms, share) = (duration_ms(&threshold, errors), objective(&share, errors));
    if ms.is_some_and(|ms| ms > MAX_THRESHOLD_MS) {
        errors.push(threshold.span(), "a threshold is at most `\"1h\"`");
        return None;
    }
    ms.zip(share)
}
