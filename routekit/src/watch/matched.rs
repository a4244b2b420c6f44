//! A route says that it is the one.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use axum::extract::MatchedPath;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::observe::{Exchange, RouteObservers, RouteState};

/// Tells the [`WatchLayer`](super::WatchLayer) further out which route answers. See the [module docs](crate::watch).
#[derive(Debug, Clone)]
pub struct MatchedLayer(Kind);

#[derive(Clone)]
enum Kind {
    Known(Arc<RouteState>),
    Learnt(Arc<dyn RouteObservers>),
}

impl MatchedLayer {
    /// Around one route.
    #[must_use]
    pub fn new(route: impl Into<Arc<RouteState>>) -> Self {
        Self(Kind::Known(route.into()))
    }

    /// For `Router::layer`, which puts one around each route of a router: each takes the template that axum matched.
    #[must_use]
    pub fn per_route(routes: impl RouteObservers + 'static) -> Self {
        Self(Kind::Learnt(Arc::new(routes)))
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(route) => route.fmt(f),
            Self::Learnt(_) => f.write_str("per route"),
        }
    }
}

impl<S> Layer<S> for MatchedLayer {
    type Service = Matched<S>;

    fn layer(&self, inner: S) -> Matched<S> {
        let route = match &self.0 {
            Kind::Known(route) => Route::Known(Arc::clone(route)),
            Kind::Learnt(routes) => Route::Learnt(Learning::new(Arc::clone(routes))),
        };
        Matched { inner, route }
    }
}

/// The service of [`MatchedLayer`].
#[derive(Debug, Clone)]
pub struct Matched<S> {
    inner: S,
    route: Route,
}

#[derive(Debug, Clone)]
enum Route {
    Known(Arc<RouteState>),
    Learnt(Learning),
}

/// What one route of a router learns at its first request. Clones learn together.
#[derive(Clone)]
pub(super) struct Learning {
    routes: Arc<dyn RouteObservers>,
    /// With the path it was asked for: a router that is nested twice has two.
    learnt: Arc<OnceLock<(MatchedPath, Arc<RouteState>)>>,
}

impl Learning {
    pub(super) fn new(routes: Arc<dyn RouteObservers>) -> Self {
        Self { routes, learnt: Arc::new(OnceLock::new()) }
    }

    /// The state of the route that axum matched; `None` in a fallback, where it matched none.
    pub(super) fn route<B>(&self, request: &Request<B>) -> Option<Arc<RouteState>> {
        let matched = request.extensions().get::<MatchedPath>()?;
        let learn = || (matched.clone(), self.routes.route(matched.as_str()));
        let (path, route) = self.learnt.get_or_init(learn);
        if path.as_str() == matched.as_str() { Some(Arc::clone(route)) } else { Some(learn().1) }
    }
}

impl fmt::Debug for Learning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Learning").field(&self.learnt.get().map(|(_, route)| route)).finish()
    }
}

accessors!(Matched);

impl<S, B> Service<Request<B>> for Matched<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Some(exchange) = request.extensions().get::<Exchange>() {
            match &self.route {
                Route::Known(route) => exchange.matched(route),
                Route::Learnt(learning) => {
                    if let Some(route) = learning.route(&request) {
                        exchange.matched(&route);
                    }
                }
            }
        }
        self.inner.call(request)
    }
}
