//! A check, as the program declares it.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use super::result::HealthCheckResult;

/// How long a check may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a result is used.
const MAX_AGE: Duration = Duration::from_secs(2);

/// A named check of a part that the app depends on, for [`App::health`](crate::App::health).
///
/// See the [module docs](crate::health) for the rules and an example.
#[derive(Clone)]
#[must_use = "a check does nothing until it is given to `App::health`"]
pub struct HealthCheck {
    pub(super) name: String,
    pub(super) critical: bool,
    pub(super) timeout: Duration,
    pub(super) max_age: Duration,
    /// Why it can never run, which is a start-up error.
    pub(super) invalid: Option<String>,
    run: Arc<dyn Fn() -> CheckFuture + Send + Sync>,
}

pub(super) type CheckFuture = Pin<Box<dyn Future<Output = HealthCheckResult> + Send>>;

impl HealthCheck {
    /// Creates a check that calls a function, which returns a [`HealthCheckResult`] or a `Result<(), E>`. Its captures
    /// are cloned for each call.
    ///
    /// ```
    /// use routekit::health::{HealthCheck, HealthCheckResult};
    /// # #[derive(Clone)] struct Queue;
    /// # impl Queue { async fn length(&self) -> usize { 3 } }
    /// # let queue = Queue;
    ///
    /// let check = HealthCheck::new("queue", async move || match queue.length().await {
    ///     ..1_000 => HealthCheckResult::healthy(),
    ///     length => HealthCheckResult::degraded("the queue is long").with_detail("length", length),
    /// });
    /// ```
    pub fn new<F, R>(name: impl Into<String>, check: F) -> Self
    where
        F: FnOnce() -> R + Clone + Send + Sync + 'static,
        R: Future<Output: Into<HealthCheckResult>> + Send + 'static,
    {
        let run = move || -> CheckFuture {
            let check = check.clone();
            // The call is part of the future, so that its panic is caught too.
            Box::pin(async move { check().await.into() })
        };
        Self {
            name: name.into(),
            critical: false,
            timeout: TIMEOUT,
            max_age: MAX_AGE,
            invalid: None,
            run: Arc::new(run),
        }
    }

    /// Creates a check that can never run. The app does not start.
    pub(super) fn invalid(name: impl Into<String>, reason: String) -> Self {
        let message = reason.clone();
        let check = Self::new(name, async move || HealthCheckResult::unhealthy(message));
        Self { invalid: Some(reason), ..check }
    }

    /// Sets its name, which is a key of `/health` and a label of metrics.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets whether the app is not ready, and unhealthy, while this check is unhealthy. Defaults to `true` for
    /// `system`, `disk` and `sql`, else to `false`: taking an app out of service does not repair a server that it
    /// calls.
    pub fn critical(self, critical: bool) -> Self {
        Self { critical, ..self }
    }

    /// Sets how long a run may take before the check counts as unhealthy. Defaults to 5 seconds for `http`, else to 10
    /// seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets how long a result is used, a failure too. Defaults to 2 seconds.
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether it is critical.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.critical
    }

    /// Begins a run.
    pub(super) fn run(&self) -> CheckFuture {
        (self.run)()
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCheck")
            .field("name", &self.name)
            .field("critical", &self.critical)
            .field("timeout", &self.timeout)
            .field("max_age", &self.max_age)
            .field("invalid", &self.invalid)
            .finish_non_exhaustive()
    }
}
