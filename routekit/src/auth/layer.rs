use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Access, Verifiers, access_check::AccessCheck};
use crate::{base::pass_or_answer::PassOrAnswer, observe::Observer};

/// Answers 401 and 403 to clients without access. See the [module docs](crate::auth).
#[derive(Debug, Clone)]
pub struct AuthLayer {
    /// `None` if the access is public.
    check: Option<AccessCheck>,
}

impl AuthLayer {
    /// Creates a layer that admits the clients that `access` names, as `verifiers` identify them.
    #[must_use]
    pub fn new(access: Access, verifiers: impl Into<Arc<Verifiers>>) -> Self {
        Self { check: AccessCheck::new(access, verifiers.into()) }
    }

    /// Sets the observer of refused requests. Defaults to none.
    #[must_use]
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { check: self.check.map(|check| check.observer(observer)) }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, check: self.check.clone().map(Arc::new) }
    }
}

/// The service of [`AuthLayer`].
#[derive(Debug, Clone)]
pub struct Auth<S> {
    inner: S,
    check: Option<Arc<AccessCheck>>,
}

accessors!(Auth);

opaque_future! {
    /// The future of [`Auth`].
    pub struct AuthFuture<F>(Unstored<PassOrAnswer<F>>);
}

pin_project! {
    /// Forbids caches to store the response, where access is checked.
    struct Unstored<F> {
        #[pin]
        inner: F,
        checked: bool,
    }
}

impl<F, E> Future for Unstored<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        if let Ok(response) = &mut answer
            && *this.checked
        {
            AccessCheck::forbid_storing(response);
        }
        Poll::Ready(answer)
    }
}

impl<S> Service<Request> for Auth<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = AuthFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some(check) = &self.check else {
            return AuthFuture::new(Unstored { inner: PassOrAnswer::pass(self.inner.call(request)), checked: false });
        };
        let check = Arc::clone(check);
        // The clone stays here; the service that is ready is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let decision = async move { check.admit(request).await.map(|request| inner.call(request)) };
        AuthFuture::new(Unstored { inner: PassOrAnswer::decide(decision), checked: true })
    }
}
