//! What a watch does with a request and with its response.

use std::{sync::Arc, task::Poll};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use http::{Method, StatusCode, header};

use super::{
    body::{CountedBody, WatchedBody},
    route_label::LearntRoute,
    sample::{Sample, WatchShared},
};
use crate::{
    base::failure_cause::FailureCause,
    observe::{CacheOutcome, Exchange, Failure, ProbeAnswer, RouteObservers, TracedRequest},
    problem::Problem,
};

/// Up to this length an announced `Content-Length` of a request is reported without counting the body.
const TRUSTED_BYTES: u64 = 64 * 1024;

/// Begins a sample for each request. A clone is a few reference counts.
#[derive(Debug, Clone)]
pub(crate) struct Watcher {
    shared: Arc<WatchShared>,
    learnt: Option<LearntRoute>,
}

impl Watcher {
    pub(super) fn new(shared: WatchShared, routes: Option<Arc<dyn RouteObservers>>) -> Self {
        Self { shared: Arc::new(shared), learnt: routes.map(LearntRoute::new) }
    }

    /// Begins to watch a request. `None` if a layer further out watches it: in an app within an app, or for a layer
    /// within one, the outermost watches, and routes report to it.
    pub(crate) fn begin(&self, request: &mut Request) -> Option<Sample> {
        let extensions = request.extensions();
        if !extensions.is_empty() && extensions.get::<Exchange>().is_some() {
            return None;
        }
        // A client may announce more than it ever sends, so a large body is counted while it is read.
        let length = request.body().size_hint().exact().filter(|length| *length <= TRUSTED_BYTES);
        let start = self.shared.clock.now();
        let traced = match self.shared.explains {
            true => TracedRequest::begin(request, start, &self.shared.clock),
            false => TracedRequest::default(),
        };
        let exchange = Exchange::new(request.method().clone(), start, length, traced);
        // Made before anything can panic.
        let sample = Sample::new(exchange.clone(), Arc::clone(&self.shared));
        if let Some(route) = self.learnt.as_ref().and_then(|learnt| learnt.route(request)) {
            exchange.matched(&route);
        }
        if length.is_none() {
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(CountedBody::new(body, exchange.clone()));
        }
        exchange.travel(request.extensions_mut());
        Some(sample)
    }
}

impl Sample {
    /// Ends the request with its response, or leaves its end to the response's body.
    pub(crate) fn observe<E>(&mut self, polled: &mut Poll<Result<Response, E>>) {
        let response = match polled {
            Poll::Ready(Ok(response)) => response,
            Poll::Ready(Err(_)) => return self.end(Some(Failure::Service)),
            Poll::Pending => return,
        };
        let status = response.status();
        self.status = Some(status);
        self.is_no_failure = match status {
            StatusCode::GATEWAY_TIMEOUT => response.extensions().get() == Some(&CacheOutcome::OnlyIfCached),
            StatusCode::SERVICE_UNAVAILABLE => response.extensions().get() == Some(&ProbeAnswer),
            _ => false,
        };
        let failure = response.extensions().get().copied();
        if status.is_server_error()
            && let Some(cause) = cause(response)
        {
            self.exchange().caused_by(cause);
        }
        match length(self.method(), response) {
            Some(length) => {
                self.response_bytes = length;
                self.end(failure);
            }
            None => {
                let body = std::mem::take(response.body_mut());
                *response.body_mut() = Body::new(WatchedBody::new(body, self.hand_on(), failure));
            }
        }
    }
}

/// The cause of an error response, as the correlation leaves it, or within its problem.
fn cause(response: &mut Response) -> Option<FailureCause> {
    let left = response.extensions_mut().remove();
    left.or_else(|| response.extensions().get::<Problem>()?.cause().cloned())
}

/// Bytes of the body that will be sent, if they are known.
fn length(method: &Method, response: &Response) -> Option<u64> {
    let status = response.status();
    // No body follows, even if the response has one (RFC 9110 §6.4.1, and §9.3.6 for a tunnel).
    if *method == Method::HEAD
        || (*method == Method::CONNECT && status.is_success())
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Some(0);
    }
    response.body().size_hint().exact().or_else(|| {
        if response.body().is_end_stream() {
            return Some(0);
        }
        // The server stops reading after the announced length, and never sees the end of the body.
        response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    })
}
