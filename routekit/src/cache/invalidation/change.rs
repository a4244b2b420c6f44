//! The changes of one request: invalidated when its handler has responded, or when the handler is dropped.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{extract::Request, response::Response};

use super::{facts::Facts, plan::InvalidationPlan, request_url::RequestUrl};
use crate::cache::{Cache, validity::target::Target};

/// The changes that one request may make.
///
/// [`settle`](Self::settle) invalidates them once there is a response. If the handler is dropped before that (its
/// client disconnected, its time limit expired, it panicked), it may already have changed something, so the drop
/// invalidates as well.
#[derive(Debug)]
pub(in crate::cache) struct Change {
    plan: Arc<InvalidationPlan>,
    /// `None` if no rule depends on the request.
    facts: Option<Facts>,
    /// `None` for a safe method.
    url: Option<RequestUrl>,
    settled: bool,
}

/// An invalidation that a caller must wait for.
pub(super) type Settling = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Change {
    /// Reads the request. Returns `None` if it cannot change anything: its method is safe and nothing is declared.
    pub(in crate::cache) fn of(plan: &Arc<InvalidationPlan>, request: &mut Request) -> Option<Box<Self>> {
        let url = RequestUrl::of(&plan.cache.partition, &plan.partitions, plan.storable, request);
        if url.is_none() && plan.is_url_only() {
            return None;
        }
        let facts = (!plan.rules.is_empty()).then(|| Facts::of(plan, request));
        Some(Box::new(Self { plan: Arc::clone(plan), facts, url, settled: false }))
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.plan.cache
    }

    /// Invalidates everything that the handler may have changed, before its response leaves. After a 4xx response, it
    /// invalidates nothing.
    ///
    /// Returns `None` if that is done, which is always so for the embedded store, unless listeners must be called
    /// without a spawner. Otherwise it is done when the returned future is ready.
    pub(super) fn settle<E>(mut self: Box<Self>, answer: &Result<Response, E>) -> Option<Settling> {
        self.settled = true;
        let response = answer.as_ref().ok();
        if response.is_some_and(|response| response.status().is_client_error()) {
            return None;
        }
        let more = self.depending(response);
        if self.plan.fixed.is_empty() && more.is_empty() {
            return None;
        }
        self.plan.counters.invalidation();
        let told = self.plan.cache.invalidate_now(self.plan.fixed.iter().chain(&more));
        if let Some(told) = told {
            return told;
        }
        let targets: Vec<Target> = self.plan.fixed.iter().cloned().chain(more).collect();
        // Before the first poll: a future that is dropped without a poll has not asked the store either.
        let mut unsettled = Unsettled { plan: Arc::clone(&self.plan), targets };
        Some(Box::pin(async move {
            unsettled.plan.cache.invalidate_or_warn(&unsettled.targets).await;
            unsettled.targets.clear();
        }))
    }

    /// Invalidates the changes known so far, of a handler that continues without its client.
    pub(super) fn invalidate_so_far(&self) {
        let targets: Vec<Target> = self.plan.fixed.iter().cloned().chain(self.depending(None)).collect();
        if !targets.is_empty() {
            self.plan.counters.invalidation();
            self.plan.cache.invalidate_without_waiting(targets);
        }
    }

    /// The targets that depend on the request and its response.
    fn depending(&self, response: Option<&Response>) -> Vec<Target> {
        let mut targets = Vec::new();
        if let Some(url) = &self.url {
            url.add_to(&mut targets, &self.plan.cache, response.map(Response::headers));
        }
        if let Some(facts) = &self.facts {
            facts.add_to(&mut targets, &self.plan);
        }
        targets
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        if !self.settled {
            self.invalidate_so_far();
        }
    }
}

/// Targets for which the store is asked. If it is dropped before that has ended, they are invalidated without a client.
struct Unsettled {
    plan: Arc<InvalidationPlan>,
    targets: Vec<Target>,
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if !self.targets.is_empty() {
            self.plan.cache.invalidate_without_waiting(std::mem::take(&mut self.targets));
        }
    }
}
