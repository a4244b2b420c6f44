//! The circuit breaker that a route declares.

use std::{fmt, time::Duration};

use axum::response::Response;

use routekit_grammar::breaker::BreakerNumbers;
#[doc(inline)]
pub use routekit_grammar::{breaker::Window, ratio::Ratio};

use super::fallback::Fallback;
use crate::route::outcome::Outcome;

/// The circuit breaker of a route: `breaker(…)`. A getter returns `None` if the route leaves the setting to the default
/// of [`CircuitBreaker`](crate::breaker::CircuitBreaker).
#[derive(Debug, Clone, Copy, Default)]
pub struct BreakerPolicy {
    pub(crate) name: Option<&'static str>,
    numbers: BreakerNumbers,
    pub(crate) classify: Option<ClassifyResponse>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) fallback_on_error: Option<Fallback>,
}

impl BreakerPolicy {
    /// Returns the name under which routes share the breaker; `None` if the route has its own.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// Returns the share of failed calls in the window at which the breaker opens.
    #[must_use]
    pub const fn failure_rate(&self) -> Option<Ratio> {
        self.numbers.failure_rate
    }

    /// Returns the calls that are counted.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        self.numbers.window
    }

    /// Returns the number of calls in the window below which the breaker stays closed.
    #[must_use]
    pub const fn min_calls(&self) -> Option<u32> {
        self.numbers.min_calls
    }

    /// Returns how long the breaker stays open.
    #[must_use]
    pub const fn open_for(&self) -> Option<Duration> {
        self.numbers.open_for
    }

    /// Returns the number of probes that a half-open breaker lets pass. All must succeed.
    #[must_use]
    pub const fn half_open_calls(&self) -> Option<u32> {
        self.numbers.half_open_calls
    }

    /// Returns the duration from which a call counts as slow; `None` if no call does.
    #[must_use]
    pub const fn slow_call(&self) -> Option<Duration> {
        self.numbers.slow_call
    }

    /// Returns the share of slow calls in the window at which the breaker opens.
    #[must_use]
    pub const fn slow_rate(&self) -> Option<Ratio> {
        self.numbers.slow_rate
    }

    /// Returns the factor that multiplies the open time with each failed probe.
    #[must_use]
    pub const fn backoff(&self) -> Option<Ratio> {
        self.numbers.backoff
    }

    /// Returns the longest open time that `backoff` leads to.
    #[must_use]
    pub const fn max_open_for(&self) -> Option<Duration> {
        self.numbers.max_open_for
    }

    /// Returns whether a function of the route classifies responses. Otherwise a 5xx is a failure.
    #[must_use]
    pub const fn has_classifier(&self) -> bool {
        self.classify.is_some()
    }

    /// Returns whether a function of the route answers while the breaker is open.
    #[must_use]
    pub const fn has_fallback(&self) -> bool {
        self.fallback.is_some() || self.fallback_on_error.is_some()
    }

    /// Returns whether a function of the route answers in place of failed calls, too.
    #[must_use]
    pub const fn has_fallback_on_error(&self) -> bool {
        self.fallback_on_error.is_some()
    }

    /// Returns all numeric settings.
    #[doc(hidden)]
    #[must_use]
    pub const fn numbers(&self) -> BreakerNumbers {
        self.numbers
    }

    /// Whether no number is declared: the route refers to a breaker whose numbers are declared elsewhere.
    pub(crate) fn declares_no_numbers(&self) -> bool {
        self.numbers == BreakerNumbers::new()
    }
}

/// A function that classifies a response as the outcome of a call.
#[derive(Clone, Copy)]
pub struct ClassifyResponse(fn(&Response) -> Outcome);

impl ClassifyResponse {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(classify: fn(&Response) -> Outcome) -> Self {
        Self(classify)
    }

    pub(crate) fn of(self, response: &Response) -> Outcome {
        (self.0)(response)
    }
}

impl fmt::Debug for ClassifyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClassifyResponse")
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl BreakerPolicy {
    #[must_use]
    pub const fn new() -> Self {
        Self { name: None, numbers: BreakerNumbers::new(), classify: None, fallback: None, fallback_on_error: None }
    }

    #[must_use]
    pub const fn with_name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    #[must_use]
    pub const fn with_failure_rate(mut self, rate: Ratio) -> Self {
        self.numbers.failure_rate = Some(rate);
        self
    }

    #[must_use]
    pub const fn with_window(mut self, window: Window) -> Self {
        self.numbers.window = Some(window);
        self
    }

    #[must_use]
    pub const fn with_min_calls(mut self, calls: u32) -> Self {
        self.numbers.min_calls = Some(calls);
        self
    }

    #[must_use]
    pub const fn with_open_for(mut self, time: Duration) -> Self {
        self.numbers.open_for = Some(time);
        self
    }

    #[must_use]
    pub const fn with_half_open_calls(mut self, calls: u32) -> Self {
        self.numbers.half_open_calls = Some(calls);
        self
    }

    #[must_use]
    pub const fn with_slow_call(mut self, time: Duration) -> Self {
        self.numbers.slow_call = Some(time);
        self
    }

    #[must_use]
    pub const fn with_slow_rate(mut self, rate: Ratio) -> Self {
        self.numbers.slow_rate = Some(rate);
        self
    }

    #[must_use]
    pub const fn with_backoff(mut self, factor: Ratio) -> Self {
        self.numbers.backoff = Some(factor);
        self
    }

    #[must_use]
    pub const fn with_max_open_for(mut self, time: Duration) -> Self {
        self.numbers.max_open_for = Some(time);
        self
    }

    #[must_use]
    pub const fn with_classify(mut self, classify: ClassifyResponse) -> Self {
        self.classify = Some(classify);
        self
    }

    #[must_use]
    pub const fn with_fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = Some(fallback);
        self
    }

    #[must_use]
    pub const fn with_fallback_on_error(mut self, fallback: Fallback) -> Self {
        self.fallback_on_error = Some(fallback);
        self
    }
}
