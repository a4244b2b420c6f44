//! Metrics of circuit breakers, concurrency limits and rate limits. Each has its own counters, which are copied here
//! before the metrics are rendered.

use std::fmt;

use metrics::{Gauge, Key, Label};

use super::{
    cache::Total,
    names::{
        BREAKER_CALLS, BREAKER_REJECTED, BREAKER_SLOW_CALLS, BREAKER_STATE, BREAKER_TRANSITIONS, CONCURRENCY_IN_FLIGHT,
        CONCURRENCY_LIMIT, CONCURRENCY_REJECTED, METADATA, RATE_LIMIT_FALLBACKS, RATE_LIMIT_KEYS, RATE_LIMIT_OVERFLOWS,
        RATE_LIMIT_REQUESTS, describe_breakers, describe_concurrency, describe_rate_limits,
    },
    recorder::SharedRecorder,
};

/// The states of a breaker, as label values.
pub(crate) const STATES: [&str; 3] = ["closed", "half_open", "open"];

/// Registers the metrics with one recorder.
pub(crate) struct GuardMetrics(SharedRecorder);

/// The metrics of one breaker.
pub(crate) struct BreakerSeries {
    /// In the order of [`STATES`]: 1 for the current state.
    states: [Gauge; 3],
    /// In the order of [`STATES`].
    pub(crate) transitions: [Total; 3],
    pub(crate) successes: Total,
    pub(crate) failures: Total,
    pub(crate) neutral: Total,
    pub(crate) late: Total,
    pub(crate) slow: Total,
    pub(crate) rejected: Total,
}

/// The metrics of a route with a concurrency limit.
pub(crate) struct ConcurrencySeries {
    in_flight: Gauge,
    rejected: Total,
}

/// The routes that a rate limit counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RateLimitOwner<'a> {
    /// One route, by method and template.
    Route(&'static str, &'a str),
    /// The routes of the group of this module.
    Group(&'static str),
    /// The routes without limits of their own.
    App,
}

/// The metrics of one rate limit.
pub(crate) struct RateLimitSeries {
    pub(crate) allowed: Total,
    pub(crate) refused: Total,
    pub(crate) observed: Total,
    pub(crate) overflows: Total,
    /// Only of shared limits.
    pub(crate) fallbacks: Option<Total>,
    keys: Gauge,
}

impl GuardMetrics {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        Self(recorder)
    }

    pub(crate) fn describe_breakers(&self) {
        describe_breakers(&*self.0);
    }

    pub(crate) fn describe_concurrency(&self) {
        describe_concurrency(&*self.0);
    }

    /// Returns the metrics of the breaker with this name.
    pub(crate) fn breaker(&self, name: &str) -> BreakerSeries {
        let own = || Label::new("breaker", name.to_owned());
        let with = |label: &'static str, value: &'static str| vec![own(), Label::from_static_parts(label, value)];
        let call = |outcome| self.counter(BREAKER_CALLS, with("outcome", outcome));
        BreakerSeries {
            states: STATES.map(|state| self.gauge(BREAKER_STATE, with("state", state))),
            transitions: STATES.map(|state| self.counter(BREAKER_TRANSITIONS, with("to", state))),
            successes: call("success"),
            failures: call("failure"),
            neutral: call("neutral"),
            late: call("late"),
            slow: self.counter(BREAKER_SLOW_CALLS, vec![own()]),
            rejected: self.counter(BREAKER_REJECTED, vec![own()]),
        }
    }

    /// Returns the metrics of the route with this method and template.
    pub(crate) fn concurrency(&self, method: &'static str, template: &str, limit: u32) -> ConcurrencySeries {
        let labels = || {
            let route = Label::new("http_route", template.to_owned());
            vec![Label::from_static_parts("http_request_method", method), route]
        };
        self.gauge(CONCURRENCY_LIMIT, labels()).set(f64::from(limit));
        ConcurrencySeries {
            in_flight: self.gauge(CONCURRENCY_IN_FLIGHT, labels()),
            rejected: self.counter(CONCURRENCY_REJECTED, labels()),
        }
    }

    pub(crate) fn describe_rate_limits(&self) {
        describe_rate_limits(&*self.0);
    }

    /// Returns the metrics of the rate limit with this name, which processes may share.
    pub(crate) fn rate_limit(&self, user: RateLimitOwner<'_>, limit: &str, is_shared: bool) -> RateLimitSeries {
        let labels = || {
            let mut labels = match user {
                RateLimitOwner::Route(method, template) => vec![
                    Label::from_static_parts("http_request_method", method),
                    Label::new("http_route", template.to_owned()),
                ],
                RateLimitOwner::Group(module) => vec![Label::from_static_parts("group", module)],
                RateLimitOwner::App => vec![Label::from_static_parts("source", "app")],
            };
            labels.push(Label::new("limit", limit.to_owned()));
            labels
        };
        let requests = |outcome| {
            let outcome = Label::from_static_parts("outcome", outcome);
            self.counter(RATE_LIMIT_REQUESTS, labels().into_iter().chain([outcome]).collect())
        };
        RateLimitSeries {
            allowed: requests("allowed"),
            refused: requests("refused"),
            observed: requests("observed"),
            overflows: self.counter(RATE_LIMIT_OVERFLOWS, labels()),
            fallbacks: is_shared.then(|| self.counter(RATE_LIMIT_FALLBACKS, labels())),
            keys: self.gauge(RATE_LIMIT_KEYS, labels()),
        }
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Total {
        Total::of(self.0.register_counter(&Key::from_parts(name, labels), &METADATA))
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>) -> Gauge {
        self.0.register_gauge(&Key::from_parts(name, labels), &METADATA)
    }
}

impl BreakerSeries {
    /// Sets the current state, one of [`STATES`].
    pub(crate) fn state(&self, state: &str) {
        for (name, gauge) in STATES.iter().zip(&self.states) {
            gauge.set(f64::from(u8::from(*name == state)));
        }
    }
}

impl ConcurrencySeries {
    pub(crate) fn update(&self, in_flight: u32, rejected: u64) {
        self.in_flight.set(f64::from(in_flight));
        self.rejected.update(rejected);
    }
}

impl RateLimitSeries {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub(crate) fn keys(&self, keys: usize) {
        self.keys.set(keys as f64);
    }
}

impl fmt::Debug for GuardMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuardMetrics")
    }
}
