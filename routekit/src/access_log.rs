//! The access log: one event for each finished request.
//!
//! 1. The target of the events is `routekit::access`. Failed requests are logged at level `WARN`, others at `INFO`.
//! 2. The fields follow OpenTelemetry's HTTP conventions: `http.request.method`, `http.route`,
//!    `http.response.status_code` and `error.type`, plus `duration_ms`, the sizes of both bodies in bytes, and
//!    `correlation_id`.
//! 3. Paths, queries and headers are not logged. The span of the request has the path; the rest may hold secrets.
//! 4. Nothing is formatted if no subscriber is interested in the event.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::observe::{Finished, Observer, RouteObservers, RouteState, method_name};

/// Selects the requests that are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLogMode {
    /// All requests.
    All,
    /// Failed requests: 5xx, timeouts, panics, and clients that disconnected.
    Errors,
    /// No requests.
    Off,
}

impl AccessLogMode {
    /// All modes with their names.
    const NAMES: [(Self, &'static str); 3] = [(Self::All, "all"), (Self::Errors, "errors"), (Self::Off, "off")];
}

/// Parses `all`, `errors` or `off`.
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

/// The observer that writes the access log. Clones share the mode, which can be changed at any time.
#[derive(Debug, Clone)]
pub struct AccessLog {
    mode: Arc<AtomicU8>,
}

impl AccessLog {
    /// Creates an access log with this mode.
    #[must_use]
    pub fn new(mode: AccessLogMode) -> Self {
        Self { mode: Arc::new(AtomicU8::new(mode as u8)) }
    }

    /// The current mode.
    #[must_use]
    pub fn mode(&self) -> AccessLogMode {
        let mode = self.mode.load(Ordering::Relaxed);
        AccessLogMode::NAMES[usize::from(mode)].0
    }

    /// Changes the mode.
    pub fn set_mode(&self, mode: AccessLogMode) {
        self.mode.store(mode as u8, Ordering::Relaxed);
    }
}

impl RouteObservers for AccessLog {
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
        // The level of an event must be a constant.
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
