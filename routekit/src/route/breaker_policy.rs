//! What a route says about its circuit breaker, as data.

use std::{fmt, time::Duration};

use axum::{
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
};

use super::{Endpoint, EndpointFuture, Outcome, Wiring};

/// The circuit breaker of a route: `breaker(…)`. What is `None` was not said, and has the default of
/// [`CircuitBreaker`](crate::breaker::CircuitBreaker).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// Shared by all routes that name it; `None`: the route's own.
    pub name: Option<&'static str>,
    /// From which part of the calls on, failed, it opens.
    pub failure_rate: Option<Ratio>,
    /// The calls that are looked at.
    pub window: Option<Window>,
    /// How many calls there must be in the window before it opens.
    pub min_calls: Option<u32>,
    /// How long it stays open.
    pub open_for: Option<Duration>,
    /// How many probes pass when it is half-open, and must succeed.
    pub half_open_calls: Option<u32>,
    /// From which duration on a call is slow; `None`: none is.
    pub slow_call: Option<Duration>,
    /// From which part of the calls on, slow, it opens.
    pub slow_rate: Option<Ratio>,
    /// By what `open_for` is multiplied each time that a probe fails.
    pub backoff: Option<Ratio>,
    /// The longest that it stays open.
    pub max_open_for: Option<Duration>,
    /// How a response says how the call ended; `None`: 5xx are failures.
    pub judge: Option<JudgeResponse>,
    /// Answers while it is open.
    pub fallback: Option<Fallback>,
}

/// The calls that a circuit breaker looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Those that ended within so long.
    Time(Duration),
    /// The last so many.
    Calls(u32),
}

/// A part of something, or a factor: a decimal number of at most six places, so that two that are written alike are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio {
    millionths: u64,
}

impl Ratio {
    /// The whole.
    pub const ONE: Self = Self::from_millionths(1_000_000);

    /// So many millionths: 500,000 are a half.
    #[must_use]
    pub const fn from_millionths(millionths: u64) -> Self {
        Self { millionths }
    }

    /// The nearest one; what is no number or below zero is zero.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates, as is wanted here")]
    pub fn from_f64(value: f64) -> Self {
        Self { millionths: (value * 1e6).round() as u64 }
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.millionths
    }
}

/// As it is written: `0.5`, `2`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.millionths / 1_000_000, self.millionths % 1_000_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
    }
}

/// As it is written: `60s`, `100 calls`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Calls(1) => f.write_str("1 call"),
            Self::Calls(calls) => write!(f, "{calls} calls"),
        }
    }
}

/// A function that says of a response how the call ended.
#[derive(Clone, Copy)]
pub struct JudgeResponse(fn(&Response) -> Outcome);

impl JudgeResponse {
    /// What generated code calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(judge: fn(&Response) -> Outcome) -> Self {
        Self(judge)
    }

    pub(crate) fn of(self, response: &Response) -> Outcome {
        (self.0)(response)
    }
}

/// Two are equal that are certainly the same function.
impl PartialEq for JudgeResponse {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for JudgeResponse {}

impl fmt::Debug for JudgeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JudgeResponse")
    }
}

/// A function that answers in place of the handler.
#[derive(Clone, Copy)]
pub struct Fallback(fn(&Wiring) -> Endpoint);

impl Fallback {
    /// What generated code calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(endpoint: fn(&Wiring) -> Endpoint) -> Self {
        Self(endpoint)
    }

    pub(crate) fn endpoint(self, wiring: &Wiring) -> Endpoint {
        (self.0)(wiring)
    }
}

/// Two are equal that are certainly the same function.
impl PartialEq for Fallback {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for Fallback {}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fallback")
    }
}

/// Any axum handler as an endpoint. Generated code calls this once a route, at start-up.
pub fn fallback<S, H, T>(wiring: &Wiring, handler: H) -> Endpoint
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S> + Sync,
    T: 'static,
{
    match wiring.state::<S>() {
        Ok(state) => Endpoint::new(move |request: Request| {
            let answer = handler.clone().call(request, state.clone());
            EndpointFuture::new(async move { Ok::<Response, Response>(answer.await) })
        }),
        // Unreachable past the start-up check, and an answer all the same.
        Err(missing) => Endpoint::new(move |_| EndpointFuture::new(std::future::ready(Err(missing.into_response())))),
    }
}

/// What generated code calls, in const context.
#[doc(hidden)]
impl BreakerPolicy {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            name: None,
            failure_rate: None,
            window: None,
            min_calls: None,
            open_for: None,
            half_open_calls: None,
            slow_call: None,
            slow_rate: None,
            backoff: None,
            max_open_for: None,
            judge: None,
            fallback: None,
        }
    }

    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    #[must_use]
    pub const fn failure_rate(mut self, rate: Ratio) -> Self {
        self.failure_rate = Some(rate);
        self
    }

    #[must_use]
    pub const fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    #[must_use]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        self.min_calls = Some(calls);
        self
    }

    #[must_use]
    pub const fn open_for(mut self, time: Duration) -> Self {
        self.open_for = Some(time);
        self
    }

    #[must_use]
    pub const fn half_open_calls(mut self, calls: u32) -> Self {
        self.half_open_calls = Some(calls);
        self
    }

    #[must_use]
    pub const fn slow_call(mut self, time: Duration) -> Self {
        self.slow_call = Some(time);
        self
    }

    #[must_use]
    pub const fn slow_rate(mut self, rate: Ratio) -> Self {
        self.slow_rate = Some(rate);
        self
    }

    #[must_use]
    pub const fn backoff(mut self, factor: Ratio) -> Self {
        self.backoff = Some(factor);
        self
    }

    #[must_use]
    pub const fn max_open_for(mut self, time: Duration) -> Self {
        self.max_open_for = Some(time);
        self
    }

    #[must_use]
    pub const fn judge(mut self, judge: JudgeResponse) -> Self {
        self.judge = Some(judge);
        self
    }

    #[must_use]
    pub const fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = Some(fallback);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_shown_as_they_are_written() {
        let rows = [(0.5, "0.5"), (1.0, "1"), (0.000_001, "0.000001"), (2.25, "2.25"), (-1.0, "0"), (f64::NAN, "0")];
        for (value, text) in rows {
            assert_eq!(Ratio::from_f64(value).to_string(), text);
        }
    }
}
