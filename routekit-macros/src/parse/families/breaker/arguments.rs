//! The arguments of `breaker(…)`, as they were read.

use std::time::Duration;

use proc_macro2::Span;
use routekit_grammar::{breaker::Window, ratio::Ratio};
use syn::{ExprPath, Lit, LitStr};

use crate::parse::raw::Once;

/// The circuit breaker of the route. `None` was not given, or could not be read.
#[derive(Default)]
pub(crate) struct Breaker {
    pub(super) name: Option<LitStr>,
    pub(super) failure_rate: Option<Given<Ratio>>,
    pub(super) window: Option<Given<Window>>,
    pub(super) min_calls: Option<Given<u32>>,
    pub(super) open_for: Option<Given<Duration>>,
    pub(super) half_open_calls: Option<Given<u32>>,
    pub(super) slow_call: Option<Given<Duration>>,
    pub(super) slow_rate: Option<Given<Ratio>>,
    pub(super) backoff: Option<Given<Ratio>>,
    pub(super) max_open_for: Option<Given<Duration>>,
    pub(super) fallback: Option<ExprPath>,
    pub(super) fallback_on_error: Option<ExprPath>,
    pub(super) classify: Option<ExprPath>,
    /// Set even if the value could not be read.
    pub(super) slow_rate_at: Option<Span>,
    /// Set even if the value could not be read.
    pub(super) max_open_for_at: Option<Span>,
    pub(super) given: Once,
    /// Whether a piece is not an argument: it may have been meant as one that now seems absent.
    pub(super) misread: bool,
}

/// The value of an argument, and where it stands.
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) literal: Lit,
}
