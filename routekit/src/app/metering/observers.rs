//! The observers of an app's routes: its metrics, its access log, and the ones that the program adds.

use std::sync::Arc;

use http::{Method, StatusCode};

use crate::{
    access_log::AccessLog,
    metrics::{HttpMetrics, RouteMetrics},
    observe::{Observer, RouteObservers, RouteState},
    policy::EffectivePolicies,
    route::{self, Description},
};

#[derive(Clone)]
pub(in crate::app) struct Observers {
    pub(in crate::app) metrics: HttpMetrics,
    pub(in crate::app) access_log: AccessLog,
    /// The observers that the program adds.
    pub(in crate::app) more: Vec<Arc<dyn Observer>>,
}

impl Observers {
    /// The state of a declared route. Registers its metrics immediately.
    pub(in crate::app) fn of_declared(
        &self,
        path: &str,
        method: route::Method,
        policies: &EffectivePolicies,
        description: &Description,
    ) -> Arc<RouteState> {
        let answers = description.outputs.iter().filter(|output| !output.failure);
        let mut statuses: Vec<StatusCode> =
            answers.filter_map(|output| StatusCode::from_u16(output.status?).ok()).collect();
        if statuses.is_empty() {
            statuses.push(StatusCode::OK);
        }
        let metrics = self.metrics.of_route(path).slow(*policies.slow);
        let method = Method::from_bytes(method.as_str().as_bytes()).expect("a method's name is one");
        self.state(path, metrics.declared(&method, &statuses))
    }

    fn state(&self, path: &str, metrics: RouteMetrics) -> Arc<RouteState> {
        Arc::new(RouteState::new(path, self.all(metrics)))
    }

    fn all(&self, metrics: RouteMetrics) -> impl Observer + use<> {
        (metrics, (self.access_log.clone(), self.more.clone()))
    }
}

impl RouteObservers for Observers {
    fn route(&self, template: &str) -> Arc<RouteState> {
        self.state(template, self.metrics.of_route(template))
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched(self.all(self.metrics.of_unmatched())))
    }
}
