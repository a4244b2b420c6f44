//! Reports which route answers a request.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use axum::extract::MatchedPath;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::observe::{Exchange, RouteObservers, RouteState, shielded};

/// Reports to the outer [`WatchLayer`](super::WatchLayer) which route answers. See the [module docs](crate::watch).
#[derive(Debug, Clone)]
pub struct RouteLabelLayer(LabelSource);

#[derive(Clone)]
enum LabelSource {
    Known(Arc<RouteState>),
    Learnt(Arc<dyn RouteObservers>),
}

impl RouteLabelLayer {
    /// Creates a layer for one route.
    #[must_use]
    pub fn new(route: impl Into<Arc<RouteState>>) -> Self {
        Self(LabelSource::Known(route.into()))
    }

    /// Creates a layer for `Router::layer`, which wraps each route in one service: each reports the template that axum
    /// matched.
    #[must_use]
    pub fn per_route(routes: impl RouteObservers + 'static) -> Self {
        Self(LabelSource::Learnt(Arc::new(routes)))
    }
}

impl fmt::Debug for LabelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(route) => route.fmt(f),
            Self::Learnt(_) => f.write_str("per route"),
        }
    }
}

impl<S> Layer<S> for RouteLabelLayer {
    type Service = RouteLabel<S>;

    fn layer(&self, inner: S) -> RouteLabel<S> {
        let label = match &self.0 {
            LabelSource::Known(route) => Label::Known(Arc::clone(route)),
            LabelSource::Learnt(routes) => Label::Learnt(LearntRoute::new(Arc::clone(routes))),
        };
        RouteLabel { inner, label }
    }
}

/// The service of [`RouteLabelLayer`].
#[derive(Debug, Clone)]
pub struct RouteLabel<S> {
    inner: S,
    label: Label,
}

#[derive(Debug, Clone)]
enum Label {
    Known(Arc<RouteState>),
    Learnt(LearntRoute),
}

/// The state of a route, which is looked up at its first request. Clones share it.
#[derive(Clone)]
pub(super) struct LearntRoute {
    routes: Arc<dyn RouteObservers>,
    /// With the path of that request: a router that is nested twice has two.
    learnt: Arc<OnceLock<(MatchedPath, Arc<RouteState>)>>,
}

impl LearntRoute {
    pub(super) fn new(routes: Arc<dyn RouteObservers>) -> Self {
        Self { routes, learnt: Arc::new(OnceLock::new()) }
    }

    /// The state of the route that axum matched. `None` in a fallback, where it matched none, and if
    /// `routes` panics.
    pub(super) fn route<B>(&self, request: &Request<B>) -> Option<Arc<RouteState>> {
        let matched = request.extensions().get::<MatchedPath>()?;
        let learn = || (matched.clone(), self.routes.route(matched.as_str()));
        let (path, route) = shielded(|| self.learnt.get_or_init(learn))?;
        if path.as_str() == matched.as_str() { Some(Arc::clone(route)) } else { Some(shielded(learn)?.1) }
    }
}

impl fmt::Debug for LearntRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LearntRoute").field(&self.learnt.get().map(|(_, route)| route)).finish()
    }
}

accessors!(RouteLabel);

impl<S, B> Service<Request<B>> for RouteLabel<S>
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
            match &self.label {
                Label::Known(route) => exchange.matched(route),
                Label::Learnt(learnt) => {
                    if let Some(route) = learnt.route(&request) {
                        exchange.matched(&route);
                    }
                }
            }
        }
        self.inner.call(request)
    }
}
