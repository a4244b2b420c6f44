//! The observers of an app's routes: its metrics, its access log, and the ones that the program adds.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};

use crate::{
    access_log::AccessLog,
    app::declared::DeclaredRoute,
    explained::{ExplainedRequests, ExplainedRoute},
    metrics::{HttpMetrics, RouteMetrics},
    observe::{Observer, RouteObservers, RouteState},
    statistics::{RouteIdentity, Statistics},
};

#[derive(Clone)]
pub(in crate::app) struct Observers {
    pub(in crate::app) metrics: HttpMetrics,
    pub(in crate::app) statistics: Statistics,
    pub(in crate::app) access_log: AccessLog,
    /// `None` if the app explains no requests.
    pub(in crate::app) explained: Option<ExplainedRequests>,
    /// The duration from which a request counts as slow, for routes without their own threshold.
    pub(in crate::app) slow: Option<Duration>,
    /// The observers that the program adds.
    pub(in crate::app) more: Vec<Arc<dyn Observer>>,
}

impl Observers {
    /// The state of a declared route. Registers its metrics immediately.
    pub(in crate::app) fn of_declared(&self, declared: &DeclaredRoute) -> Arc<RouteState> {
        let DeclaredRoute { route, path, description, policies, .. } = declared;
        let (meta, slow) = (route.meta(), *policies.slow);
        let answers = description.outputs.iter().filter(|output| !output.failure);
        let mut statuses: Vec<StatusCode> =
            answers.filter_map(|output| StatusCode::from_u16(output.status?).ok()).collect();
        if statuses.is_empty() {
            statuses.push(StatusCode::OK);
        }
        let record = self.statistics.record(declared.identity());
        let urls = Arc::clone(record.urls());
        let metrics = self.metrics.of_route(path).slow(slow).recorded_in(record);
        let method = Method::from_bytes(meta.method.as_str().as_bytes()).expect("a method's name is one");
        let metrics = metrics.declared(&method, &statuses);
        Arc::new(RouteState::new(path, self.all(metrics, slow)).with_urls(urls))
    }

    /// The metrics of requests to other routes, by their template.
    fn recorded(&self, metrics: RouteMetrics, path: Option<&str>) -> RouteMetrics {
        metrics.recorded_in(self.statistics.record(RouteIdentity {
            method: "ANY".to_owned(),
            path: path.map(str::to_owned),
            version: None,
            tags: Vec::new(),
            is_declared: false,
        }))
    }

    fn state(&self, path: &str, metrics: RouteMetrics, slow: Option<Duration>) -> Arc<RouteState> {
        Arc::new(RouteState::new(path, self.all(metrics, slow)))
    }

    fn all(&self, metrics: RouteMetrics, slow: Option<Duration>) -> impl Observer + use<> {
        let explained = ExplainedRoute::new(self.explained.clone(), slow);
        (metrics, (explained, (self.access_log.clone(), self.more.clone())))
    }
}

impl RouteObservers for Observers {
    fn route(&self, template: &str) -> Arc<RouteState> {
        self.state(template, self.recorded(self.metrics.of_route(template), Some(template)), self.slow)
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched(self.all(self.recorded(self.metrics.of_unmatched(), None), self.slow)))
    }
}
