use std::{fmt, sync::Arc, time::Duration};

use super::{
    CircuitBreaker, InvalidBreaker, Transition, Window,
    handle::{Inner, Listener},
    settings::Settings,
};
use crate::{
    clock::Clock,
    route::{BreakerPolicy, Ratio},
};

/// For how long a probe may be under way before another one is let through.
pub(crate) const PROBE_LEASE: Duration = Duration::from_secs(60);

/// Makes a [`CircuitBreaker`]. Rates are kept to six decimals.
#[must_use]
pub struct CircuitBreakerBuilder {
    name: String,
    said: BreakerPolicy,
    probe_lease: Duration,
    clock: Clock,
    listeners: Vec<Listener>,
}

impl CircuitBreakerBuilder {
    pub(super) fn new(name: String) -> Self {
        let (said, probe_lease) = (BreakerPolicy::new(), PROBE_LEASE);
        Self { name, said, probe_lease, clock: Clock::system(), listeners: Vec::new() }
    }

    /// From which part of the calls in the window on, failed, it opens: above 0, at most 1. Defaults to 0.5.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.said = self.said.with_failure_rate(Ratio::from_f64(rate));
        self
    }

    /// The calls that are looked at: those of a time ([`Duration`]), at most a day, or the last so many (`u32`), at most 100,000. Defaults to 60 seconds.
    pub fn window(mut self, window: impl Into<Window>) -> Self {
        self.said = self.said.with_window(window.into());
        self
    }

    /// How many calls there must be in the window before it opens. Defaults to 10, or to the size of a smaller window.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.said = self.said.with_min_calls(calls);
        self
    }

    /// How long it stays open. Defaults to 60 seconds.
    pub fn open_for(mut self, time: Duration) -> Self {
        self.said = self.said.with_open_for(time);
        self
    }

    /// How many probes pass when it is half-open, and must succeed for it to close; at most `min_calls`. Defaults to 1.
    pub fn half_open_calls(mut self, calls: u32) -> Self {
        self.said = self.said.with_half_open_calls(calls);
        self
    }

    /// A call that takes so long or longer is slow. Defaults to none.
    pub fn slow_call(mut self, time: Duration) -> Self {
        self.said = self.said.with_slow_call(time);
        self
    }

    /// From which part of the calls in the window on, slow, it opens: above 0, at most 1. Defaults to 1.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.said = self.said.with_slow_rate(Ratio::from_f64(rate));
        self
    }

    /// By what `open_for` is multiplied each time that a probe fails: 1 to 100. Defaults to 1.
    pub fn backoff(mut self, factor: f64) -> Self {
        self.said = self.said.with_backoff(Ratio::from_f64(factor));
        self
    }

    /// The longest that it stays open with `backoff`. Defaults to 10 minutes, or to `open_for` if that is longer.
    pub fn max_open_for(mut self, time: Duration) -> Self {
        self.said = self.said.with_max_open_for(time);
        self
    }

    /// For how long a probe is waited for: once so much time has passed, another one may pass in its place, and what becomes of it
    /// no longer counts. Longer than any call takes; so give calls a timeout. Defaults to 60 seconds.
    pub fn probe_lease(mut self, time: Duration) -> Self {
        self.probe_lease = time;
        self
    }

    /// What time it is. Defaults to the system's monotonic clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Calls this once for every change, on the thread whose call has changed it; whatever takes time belongs elsewhere. Changes are logged without this.
    pub fn on_transition(mut self, listener: impl Fn(&Transition) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    pub(crate) fn said(mut self, said: &BreakerPolicy) -> Self {
        self.said = *said;
        self
    }

    /// The breaker, closed.
    ///
    /// # Errors
    /// Settings that make no sense.
    pub fn build(self) -> Result<CircuitBreaker, InvalidBreaker> {
        let settings = Settings::of(&self.said, self.probe_lease);
        settings.check().map_err(|reason| InvalidBreaker::new(&self.name, reason))?;
        let inner = Inner::new(self.name, settings, self.clock, self.listeners);
        Ok(CircuitBreaker::new(Arc::new(inner)))
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder")
            .field("name", &self.name)
            .field("settings", &Settings::of(&self.said, self.probe_lease))
            .finish_non_exhaustive()
    }
}
