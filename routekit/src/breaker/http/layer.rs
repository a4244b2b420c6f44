use std::{fmt, sync::Arc};

use axum::{extract::Request, handler::Handler, response::Response};
use tower_layer::Layer;

use super::HttpBreaker;
use crate::{
    breaker::{CircuitBreaker, Outcome},
    observe::{Observer, Report},
    route::{Endpoint, EndpointFuture},
};

/// A circuit breaker around a service that answers requests. See the [module docs](crate::breaker).
///
/// The breaker may stand around several services, which then open and close together.
#[derive(Clone)]
pub struct HttpBreakerLayer {
    /// `None`: calls pass.
    breaker: Option<CircuitBreaker>,
    judge: Option<Judge>,
    fallback: Option<Endpoint>,
    report: Report,
}

pub(super) type Judge = Arc<dyn Fn(&Response) -> Outcome + Send + Sync>;

impl HttpBreakerLayer {
    /// This breaker.
    #[must_use]
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self::optional(Some(breaker))
    }

    /// A breaker or none: one type for every route.
    pub(crate) fn optional(breaker: Option<CircuitBreaker>) -> Self {
        Self { breaker, judge: None, fallback: None, report: Report::default() }
    }

    /// How a response says how the call ended, where it has no [`Outcome`] among its extensions. Defaults to 5xx being failures and everything else
    /// successes.
    #[must_use]
    pub fn judge(mut self, judge: impl Fn(&Response) -> Outcome + Send + Sync + 'static) -> Self {
        self.judge = Some(Arc::new(judge));
        self
    }

    /// Answers while the breaker is open: any axum handler. Defaults to 503.
    #[must_use]
    pub fn fallback<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, ()> + Sync,
        T: 'static,
    {
        self.answering(Some(Endpoint::new(move |request: Request| {
            let answer = handler.clone().call(request, ());
            EndpointFuture::new(async move { Ok(answer.await) })
        })))
    }

    pub(crate) fn answering(mut self, fallback: Option<Endpoint>) -> Self {
        self.fallback = fallback;
        self
    }

    /// Tells this observer of each request that was refused. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }
}

impl<S> Layer<S> for HttpBreakerLayer {
    type Service = HttpBreaker<S>;

    fn layer(&self, inner: S) -> HttpBreaker<S> {
        let Self { breaker, judge, fallback, report } = self.clone();
        HttpBreaker { inner, breaker, judge, fallback, report }
    }
}

impl fmt::Debug for HttpBreakerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBreakerLayer").field("breaker", &self.breaker).finish_non_exhaustive()
    }
}
