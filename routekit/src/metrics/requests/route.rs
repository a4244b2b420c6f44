//! The metric handles of one route, which are created once and kept.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{Method, StatusCode};
use metrics::{Counter, Gauge, Key, Label};

use super::{
    outcome::{OutcomeHistograms, OutcomeTable},
    target::RequestTarget,
};
#[cfg(feature = "alloc-stats")]
use crate::metrics::names::{ALLOCATED_BYTES, ALLOCATIONS};
use crate::{
    metrics::names::{ACTIVE, CANCELLED, METADATA, POLICY_ANSWERS, SLOW},
    observe::{Ending, Event, Failure, Finished, METHODS, Observer, method_index, method_name},
    recording::RouteRecord,
};

/// The metrics of one route, by method and outcome.
pub struct RouteMetrics {
    labels: Labels,
    /// The recording of an app, from which its statistics come, too.
    record: Option<Arc<RouteRecord>>,
    slow: Option<Duration>,
    /// The method that the route was declared with.
    declared: Option<&'static str>,
    policy_answers: PolicyAnswers,
    /// In the order of [`METHODS`].
    methods: [OnceLock<Box<MethodMetrics>>; METHODS.len()],
}

/// The labels of a route's handles.
struct Labels {
    target: RequestTarget,
    route: Option<String>,
}

/// The handles for one method of a route.
struct MethodMetrics {
    active: Option<Gauge>,
    cancelled: Counter,
    slow: Counter,
    /// The bytes and the number of the handler's allocations. Registered once they are counted.
    #[cfg(feature = "alloc-stats")]
    allocated: OnceLock<[Counter; 2]>,
    outcomes: OutcomeTable,
}

#[derive(Default)]
struct PolicyAnswers {
    body_limit: OnceLock<Counter>,
    decompression: OnceLock<Counter>,
    timeout: OnceLock<Counter>,
    catch_panic: OnceLock<Counter>,
    auth: OnceLock<Counter>,
    csrf: OnceLock<Counter>,
    rate_limit: OnceLock<Counter>,
    cache: OnceLock<Counter>,
    idempotent_replay: OnceLock<Counter>,
    idempotency_key: OnceLock<Counter>,
    idempotency_conflict: OnceLock<Counter>,
    idempotency_mismatch: OnceLock<Counter>,
    idempotency_unavailable: OnceLock<Counter>,
    breaker: OnceLock<Counter>,
    concurrency: OnceLock<Counter>,
}

impl RouteMetrics {
    pub(in crate::metrics) fn new(target: RequestTarget, route: Option<String>, slow: Option<Duration>) -> Self {
        let methods = [const { OnceLock::new() }; METHODS.len()];
        Self {
            labels: Labels { target, route },
            record: None,
            slow,
            declared: None,
            policy_answers: PolicyAnswers::default(),
            methods,
        }
    }

    /// Sets the duration from which a request counts as slow. Defaults to the threshold of the app.
    #[must_use]
    pub fn slow(mut self, threshold: Option<Duration>) -> Self {
        self.slow = threshold;
        self
    }

    /// Counts requests in this record.
    pub(crate) fn recorded_in(mut self, record: Arc<RouteRecord>) -> Self {
        self.record = Some(record);
        self
    }

    /// Creates the series of this method, and of these statuses, before the first request.
    #[must_use]
    pub fn declared(mut self, method: &Method, statuses: &[StatusCode]) -> Self {
        self.declared = Some(method_name(method));
        let metrics = self.method(method);
        for status in statuses {
            self.outcome(metrics, method, Ending { status: Some(*status), failure: None, is_no_failure: false });
        }
        self
    }

    fn method(&self, method: &Method) -> &MethodMetrics {
        let index = method_index(method);
        self.methods[index].get_or_init(|| Box::new(MethodMetrics::new(&self.labels, METHODS[index])))
    }

    fn outcome<'a>(&self, metrics: &'a MethodMetrics, method: &Method, ending: Ending) -> &'a OutcomeHistograms {
        metrics.outcomes.get(ending, || {
            let mut labels = self.labels.of(Some(method_name(method)));
            if let Some(status) = ending.status {
                labels.push(Label::new("http_response_status_code", status.as_str().to_owned()));
            }
            if let Some(error_type) = ending.error_type() {
                labels.push(Label::new("error_type", error_type.to_owned()));
            }
            self.labels.target.outcome(&labels, self.record.as_deref(), (method, ending))
        })
    }
}

impl Labels {
    fn of(&self, method: Option<&'static str>) -> Vec<Label> {
        let method = method.map(|method| Label::from_static_parts("http_request_method", method));
        let mut labels: Vec<Label> = method.into_iter().collect();
        labels.extend(self.route.clone().map(|route| Label::new("http_route", route)));
        labels
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.target.recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
    }
}

impl MethodMetrics {
    fn new(labels: &Labels, method: &'static str) -> Self {
        // Whether a request is unmatched is known only when it ends, so it never counts as active.
        let active = labels.route.is_some().then(|| {
            labels.target.recorder.register_gauge(&Key::from_parts(ACTIVE, labels.of(Some(method))), &METADATA)
        });
        Self {
            active,
            cancelled: labels.counter(CANCELLED, labels.of(Some(method))),
            slow: labels.counter(SLOW, labels.of(Some(method))),
            #[cfg(feature = "alloc-stats")]
            allocated: OnceLock::new(),
            outcomes: OutcomeTable::default(),
        }
    }
}

impl Observer for RouteMetrics {
    fn started(&self, method: &Method) {
        if let Some(active) = &self.method(method).active {
            active.increment(1.0);
        }
    }

    fn event(&self, event: Event) {
        let (counter, policy) = match event {
            Event::BodyTooLarge => (&self.policy_answers.body_limit, "body_limit"),
            Event::UnsupportedEncoding => (&self.policy_answers.decompression, "decompression"),
            Event::TimedOut => (&self.policy_answers.timeout, "timeout"),
            Event::Panicked => (&self.policy_answers.catch_panic, "catch_panic"),
            Event::Unauthenticated | Event::Forbidden => (&self.policy_answers.auth, "auth"),
            Event::CrossSite => (&self.policy_answers.csrf, "csrf"),
            Event::RateLimited => (&self.policy_answers.rate_limit, "rate_limit"),
            Event::CacheHit | Event::CacheStale => (&self.policy_answers.cache, "cache"),
            Event::IdempotentReplay => (&self.policy_answers.idempotent_replay, "idempotency_replay"),
            Event::IdempotencyKeyInvalid => (&self.policy_answers.idempotency_key, "idempotency_key"),
            Event::IdempotencyConflict => (&self.policy_answers.idempotency_conflict, "idempotency_conflict"),
            Event::IdempotencyMismatch => (&self.policy_answers.idempotency_mismatch, "idempotency_mismatch"),
            Event::IdempotencyUnavailable => (&self.policy_answers.idempotency_unavailable, "idempotency_unavailable"),
            Event::BreakerOpen => (&self.policy_answers.breaker, "breaker"),
            Event::ConcurrencyExceeded => (&self.policy_answers.concurrency, "concurrency"),
        };
        let make = || {
            let mut labels = self.labels.of(self.declared);
            labels.push(Label::from_static_parts("policy", policy));
            self.labels.counter(POLICY_ANSWERS, labels)
        };
        counter.get_or_init(make).increment(1);
    }

    fn finished(&self, request: &Finished<'_>) {
        let metrics = self.method(request.method);
        if request.failure == Some(Failure::Cancelled) {
            metrics.cancelled.increment(1);
        }
        let is_slow = self.slow.is_some_and(|slow| request.duration >= slow);
        if is_slow {
            metrics.slow.increment(1);
        }
        #[cfg(feature = "alloc-stats")]
        if let Some(allocated) = request.allocated {
            let [bytes, count] = metrics.allocated.get_or_init(|| {
                let labels = || self.labels.of(Some(method_name(request.method)));
                [ALLOCATED_BYTES, ALLOCATIONS].map(|name| self.labels.counter(name, labels()))
            });
            bytes.increment(allocated.bytes);
            count.increment(allocated.count);
        }
        self.outcome(metrics, request.method, request.ending).record(request, is_slow);
    }

    fn closed(&self, method: &Method) {
        if let Some(active) = &self.method(method).active {
            active.decrement(1.0);
        }
    }
}

impl fmt::Debug for RouteMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteMetrics({})", self.labels.route.as_deref().unwrap_or("unmatched"))
    }
}
