//! What a listener serves.

use std::convert::Infallible as Never;

use axum::{body::Body, response::Response};
use http::Request;
use tower_service::Service;

use crate::observe::KnowsRequest;

/// Answers the requests of a listener: the app, its admin surface, or the redirects. Each connection has a clone.
pub(in crate::app::server) trait ServesRequests:
    Clone + Send + Service<Request<Body>, Response = Response, Error = Never, Future: KnowsRequest + Send> + 'static
{
}

impl<S> ServesRequests for S where
    S: Service<Request<Body>, Response = Response, Error = Never, Future: KnowsRequest + Send> + Clone + Send + 'static
{
}
