//! The handles of one route, made once and kept.

use std::{fmt, sync::OnceLock};

use http::{Method, StatusCode};
use metrics::{Gauge, Histogram, Key, Label, Level, Metadata};

use super::SharedRecorder;

pub(super) const DURATION: &str = "http_server_request_duration_seconds";
pub(super) const ACTIVE: &str = "http_server_active_requests";

/// The metrics of one route, by method and status.
pub struct RouteMetrics {
    recorder: SharedRecorder,
    route: String,
    /// In the order of [`METHODS`].
    methods: [OnceLock<MethodMetrics>; METHODS.len()],
}

/// The methods that OpenTelemetry knows; any other is `_OTHER`, so that clients cannot make up labels.
const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "_OTHER"];

impl RouteMetrics {
    /// The metrics of the route with this template.
    #[must_use]
    pub fn new(recorder: SharedRecorder, route: impl Into<String>) -> Self {
        Self { recorder, route: route.into(), methods: [const { OnceLock::new() }; METHODS.len()] }
    }

    pub(super) fn method(&self, method: &Method) -> &MethodMetrics {
        let index = METHODS[..9].iter().position(|name| *name == method.as_str()).unwrap_or(9);
        self.methods[index].get_or_init(|| MethodMetrics::new(self, METHODS[index]))
    }

    pub(super) fn duration(&self, metrics: &MethodMetrics, status: StatusCode) -> Histogram {
        let class = usize::from(status.as_u16() / 100) - 1;
        let within = usize::from(status.as_u16() % 100);
        let statuses = metrics.durations[class].get_or_init(|| Box::new([const { OnceLock::new() }; 100]));
        statuses[within]
            .get_or_init(|| {
                let mut labels = self.labels(metrics.method);
                labels.push(Label::new("http_response_status_code", status.as_str().to_owned()));
                self.recorder.register_histogram(&Key::from_parts(DURATION, labels), &METADATA)
            })
            .clone()
    }

    fn labels(&self, method: &'static str) -> Vec<Label> {
        vec![Label::from_static_parts("http_request_method", method), Label::new("http_route", self.route.clone())]
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// The handles of one method of a route.
pub(super) struct MethodMetrics {
    method: &'static str,
    pub(super) active: Gauge,
    /// By class (1xx to 9xx), then by the rest; a class takes memory once it is answered.
    durations: [OnceLock<Box<[OnceLock<Histogram>; 100]>>; 9],
}

impl MethodMetrics {
    fn new(route: &RouteMetrics, method: &'static str) -> Self {
        let key = Key::from_parts(ACTIVE, route.labels(method));
        let active = route.recorder.register_gauge(&key, &METADATA);
        Self { method, active, durations: [const { OnceLock::new() }; 9] }
    }
}

impl fmt::Debug for RouteMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteMetrics({})", self.route)
    }
}
