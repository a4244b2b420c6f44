//! One log event for each finished request, and for which.
//!
//! 1. The event's target is `routekit::access`; failures are logged at level `WARN`, other requests at `INFO`.
//! 2. It has the fields of OpenTelemetry's HTTP conventions: `http.request.method`, `http.route`,
//!    `http.response.status_code`, `error.type`, and `duration_ms`, the sizes of both bodies, and `correlation_id`.
//! 3. Paths, queries and headers are not in it: the span of the request has the path, and the rest may hold secrets.
//! 4. Where no subscriber wants it, nothing is formatted.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::observe::{Finished, Observer, RouteState, Routes, method_name};

/// Which requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLogMode {
    /// All of them.
    All,
    /// Those that failed: 5xx, timeouts, panics, and clients that left.
    Errors,
    /// None.
    Off,
}

impl AccessLogMode {
    /// All modes, by their names.
    const NAMES: [(Self, &'static str); 3] = [(Self::All, "all"), (Self::Errors, "errors"), (Self::Off, "off")];
}

/// `all`, `errors` or `off`.
impl FromStr for AccessLogMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(mode, _)| *mode).ok_or("one of `all`, `errors`, `off`")
    }
}

impl fmt::Display for AccessLogMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(mode, _)| mode == self).map_or("", |(_, name)| *name);
        f.pad(name)
    }
}

/// Writes the events. A clone shares the mode, which may be changed while requests run.
#[derive(Debug, Clone)]
pub struct AccessLog {
    mode: Arc<AtomicU8>,
}

impl AccessLog {
    /// Logs these requests.
    #[must_use]
    pub fn new(mode: AccessLogMode) -> Self {
        Self { mode: Arc::new(AtomicU8::new(mode as u8)) }
    }

    /// Which requests are logged.
    #[must_use]
    pub fn mode(&self) -> AccessLogMode {
        let mode = self.mode.load(Ordering::Relaxed);
        AccessLogMode::NAMES[usize::from(mode)].0
    }

    /// Logs these requests from now on.
    pub fn set_mode(&self, mode: AccessLogMode) {
        self.mode.store(mode as u8, Ordering::Relaxed);
    }
}

impl Routes for AccessLog {
    fn route(&self, template: &str) -> Arc<RouteState> {
        Arc::new(RouteState::new(template, self.clone()))
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched(self.clone()))
    }
}

impl Observer for AccessLog {
    fn finished(&self, request: &Finished<'_>) {
        let failed = request.failed();
        match self.mode() {
            AccessLogMode::All => {}
            AccessLogMode::Errors if failed => {}
            AccessLogMode::Errors | AccessLogMode::Off => return,
        }
        let duration_ms = (request.duration.as_secs_f64() * 1e6).round() / 1e3;
        // The level of an event is part of its place in the code.
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: "routekit::access",
                    $level,
                    http.request.method = method_name(request.method),
                    http.route = request.route,
                    http.response.status_code = request.status.map(|status| status.as_u16()),
                    error.r#type = request.error_type(),
                    duration_ms,
                    http.request.body.size = request.request_bytes,
                    http.response.body.size = request.response_bytes,
                    correlation_id = request.correlation_id(),
                    "request"
                )
            };
        }
        if failed {
            event!(tracing::Level::WARN);
        } else {
            event!(tracing::Level::INFO);
        }
    }
}
