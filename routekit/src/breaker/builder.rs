use std::{fmt, sync::Arc, time::Duration};

use super::{
    handle::{BreakerInner, CircuitBreaker, TransitionListener},
    invalid::InvalidBreaker,
    machine::{BreakerSettings, Transition},
};
use crate::{
    base::clock::Clock,
    route::{BreakerPolicy, Ratio, Window},
};

/// The default time after which an unfinished probe loses its slot to another call.
pub(crate) const PROBE_LEASE: Duration = Duration::from_secs(60);

/// Builds a [`CircuitBreaker`]. See the [module docs](crate::breaker) for the rules.
///
/// Rates are exact: with `failure_rate(2.0 / 3.0)`, two failures of three calls open the breaker. Only a rate or factor
/// that is no fraction with a denominator of at most a million is rounded, to six decimals.
#[must_use]
pub struct CircuitBreakerBuilder {
    name: String,
    policy: BreakerPolicy,
    probe_lease: Duration,
    /// `None` for the clock of the app, or the system's.
    clock: Option<Clock>,
    listeners: Vec<TransitionListener>,
}

impl CircuitBreaker {
    /// Returns a builder for a breaker with this name, which logs and metrics contain.
    pub fn builder(name: impl Into<String>) -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new(name.into())
    }
}

impl CircuitBreakerBuilder {
    pub(super) fn new(name: String) -> Self {
        let (policy, probe_lease) = (BreakerPolicy::new(), PROBE_LEASE);
        Self { name, policy, probe_lease, clock: None, listeners: Vec::new() }
    }

    /// Sets the share of failed calls in the window, in (0, 1], at which the breaker opens. Defaults to 0.5.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.policy = self.policy.with_failure_rate(Ratio::from_f64(rate));
        self
    }

    /// Sets the calls that the rates are computed from: those of the last [`Duration`] (at most 24 hours), or the last
    /// `u32` calls (at most 100,000). Defaults to 60 seconds.
    pub fn window(mut self, window: impl Into<Window>) -> Self {
        self.policy = self.policy.with_window(window.into());
        self
    }

    /// Sets the number of calls in the window below which the breaker does not open. Defaults to 10, or to the size of
    /// a window of fewer calls.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.policy = self.policy.with_min_calls(calls);
        self
    }

    /// Sets how long the breaker stays open. Defaults to 60 seconds.
    pub fn open_for(mut self, time: Duration) -> Self {
        self.policy = self.policy.with_open_for(time);
        self
    }

    /// Sets the number of probes that a half-open breaker lets pass. All must succeed for it to close. At most
    /// `min_calls`. Defaults to 1.
    pub fn half_open_calls(mut self, calls: u32) -> Self {
        self.policy = self.policy.with_half_open_calls(calls);
        self
    }

    /// Sets the duration from which a call counts as slow. By default no call is slow.
    pub fn slow_call(mut self, time: Duration) -> Self {
        self.policy = self.policy.with_slow_call(time);
        self
    }

    /// Sets the share of slow calls in the window, in (0, 1], at which the breaker opens. Defaults to 1.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.policy = self.policy.with_slow_rate(Ratio::from_f64(rate));
        self
    }

    /// Sets the factor that multiplies the open time each time that a probe fails, from 1 to 100. Defaults to 1.
    pub fn backoff(mut self, factor: f64) -> Self {
        self.policy = self.policy.with_backoff(Ratio::from_f64(factor));
        self
    }

    /// Sets the longest open time that `backoff` leads to. Defaults to 10 minutes, or to `open_for` if that is longer.
    pub fn max_open_for(mut self, time: Duration) -> Self {
        self.policy = self.policy.with_max_open_for(time);
        self
    }

    /// Sets the time after which an unfinished probe loses its slot. Another call may then probe, and the result of the
    /// first probe is ignored. Choose a longer time than any call takes, and give calls a timeout. Defaults to 60
    /// seconds.
    pub fn probe_lease(mut self, time: Duration) -> Self {
        self.probe_lease = time;
        self
    }

    /// Sets the clock that time is read from. Defaults to the clock of the first app that the breaker is added to
    /// ([`App::breaker`](crate::App::breaker)), or else to the system's monotonic clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets a listener that is called once for every transition, on the thread whose call caused it. It must not block.
    /// Transitions are logged with or without a listener.
    pub fn on_transition(mut self, listener: impl Fn(&Transition) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    pub(crate) fn policy(mut self, policy: &BreakerPolicy) -> Self {
        self.policy = *policy;
        self
    }

    /// Builds the breaker, closed and with an empty window.
    ///
    /// # Errors
    /// [`InvalidBreaker`] if a setting is out of range or contradicts another.
    pub fn build(self) -> Result<CircuitBreaker, InvalidBreaker> {
        let settings = BreakerSettings::of(&self.policy, self.probe_lease);
        settings.check().map_err(|reason| InvalidBreaker::new(&self.name, reason))?;
        let inner = BreakerInner::new(self.name, settings, self.clock, self.listeners);
        Ok(CircuitBreaker::new(Arc::new(inner)))
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder")
            .field("name", &self.name)
            .field("settings", &BreakerSettings::of(&self.policy, self.probe_lease))
            .finish_non_exhaustive()
    }
}
