//! The observers of an app's routes: its metrics, its access log, and the ones that the program adds.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};

use crate::{
    access_log::AccessLog,
    explained::{ExplainedRequests, ExplainedRoute},
    metrics::{HttpMetrics, RouteMetrics},
    observe::{Observer, RouteObservers, RouteState},
    policy::EffectivePolicies,
    route::{self, Description},
};

#[derive(Clone)]
pub(in crate::app) struct Observers {
    pub(in crate::app) metrics: HttpMetrics,
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
        self.state(path, metrics.declared(&method, &statuses), *policies.slow)
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
        self.state(template, self.metrics.of_route(template), self.slow)
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched(self.all(self.metrics.of_unmatched(), self.slow)))
    }
}
