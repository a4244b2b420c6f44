//! The access log: one event for each finished request.
//!
//! 1. The target of the events is `routekit::access`. Failed requests are logged at level `ERROR` if their cause is
//!    known, and else at `WARN`; others at `INFO`.
//! 2. The fields follow OpenTelemetry's HTTP conventions: `http.request.method`, `http.route`,
//!    `http.response.status_code` and `error.type`, plus `duration_ms`, the sizes of both bodies in bytes,
//!    `correlation_id`, and `error`: the cause of a 5xx, which no client sees. `trace_id` is the exported trace, or
//!    that of a client if the filter shows level `INFO`.
//! 3. The event is outside of the request's span, so that no field is in a line twice, and so that all fields are there
//!    if the filter hides the span.
//! 4. Paths, queries and headers are not logged. The span of the request has the path; the rest may hold secrets.
//! 5. Nothing is formatted if no subscriber is interested in the event.
//! 6. A failure whose cause is known is logged in every mode; in mode `off` with the target `routekit`. If the filter
//!    names the crate of the program and not `routekit`, the target is that crate.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use tracing::{Level, Span, Value, dispatcher, field};

use crate::{
    base::{failure_cause::CauseKind, program_log},
    observe::{Finished, Observer, RouteObservers, RouteState, method_name},
};

macro_rules! request_event {
    ($target:literal, $level:expr, $request:ident, $error:expr, $message:literal) => {
        tracing::event!(
            target: $target,
            parent: None,
            $level,
            error = $error,
            http.request.method = method_name($request.method),
            http.route = $request.route,
            http.response.status_code = $request.status.map(|status| status.as_u16()),
            error.r#type = $request.error_type(),
            duration_ms = duration_ms($request),
            http.request.body.size = $request.request_bytes,
            http.response.body.size = $request.response_bytes,
            correlation_id = $request.correlation_id(),
            trace_id = $request.trace_id(),
            $message
        )
    };
}

/// Selects the requests that are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLogMode {
    /// All requests.
    All,
    /// Failed requests: 5xx, timeouts, panics, and clients that disconnected.
    Errors,
    /// No requests but those with a failure whose cause is known.
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
        let mode = self.mode();
        if !failed && mode != AccessLogMode::All {
            return;
        }
        let cause = if failed { request.cause().and_then(|cause| cause.take()) } else { None };
        match (cause, mode) {
            (Some(cause), _) => outside_span(|| log_cause(request, &cause, mode)),
            (None, AccessLogMode::Off) => {}
            // The target and the level of an event must be constants.
            (None, _) if failed => outside_span(|| {
                request_event!("routekit::access", Level::WARN, request, None::<&str>, "request");
            }),
            (None, _) => outside_span(|| {
                request_event!("routekit::access", Level::INFO, request, None::<&str>, "request");
            }),
        }
    }
}

/// Logs outside of the request's span. The JSON format shows the current span also for an event without a parent.
fn outside_span(log: impl FnOnce()) {
    let id = Span::current().id();
    dispatcher::get_default(|subscriber| id.iter().for_each(|id| subscriber.exit(id)));
    log();
    dispatcher::get_default(|subscriber| id.iter().for_each(|id| subscriber.enter(id)));
}

/// Logs a failed request and its cause as one event, in every mode.
fn log_cause(request: &Finished<'_>, cause: &CauseKind, mode: AccessLogMode) {
    let error = field::display(cause);
    if let Some(target) = program_log::target() {
        let status = request.status.map(|status| status.as_u16());
        let (duration_ms, id) = (duration_ms(request), request.correlation_id());
        let names = &[
            "message",
            "error",
            "http.request.method",
            "http.route",
            "http.response.status_code",
            "error.type",
            "duration_ms",
            "correlation_id",
        ];
        let values: [Option<&dyn Value>; 8] = [
            Some(&"request failed"),
            Some(&error),
            Some(&method_name(request.method)),
            Some(&request.route),
            Some(&status),
            Some(&request.error_type()),
            Some(&duration_ms),
            Some(&id),
        ];
        target.log(Level::ERROR, names, values);
    } else if mode == AccessLogMode::Off {
        request_event!("routekit", Level::ERROR, request, Some(error), "request failed");
    } else {
        request_event!("routekit::access", Level::ERROR, request, Some(error), "request failed");
    }
}

fn duration_ms(request: &Finished<'_>) -> f64 {
    (request.duration.as_secs_f64() * 1e6).round() / 1e3
}
