//! Functions for generated code that involve more than one module.

mod call;
mod path_argument;
mod respond;

use axum::{extract::Request, response::IntoResponse};
use tower::{BoxError, ServiceExt};
use tower_layer::Layer;
use tower_service::Service;

pub use self::{
    call::call,
    path_argument::{ExtractedArgument, FromPlaceholder, ParsedArgument, PathArgument, WrongArgument, placeholder},
    respond::{Respond, RespondError, Returned, SplitNothing, SplitResult, respond, respond_error},
};
use crate::{
    problem::Problem,
    route::{Endpoint, EndpointFuture, HandlerReached},
};

/// Applies the route's own tower layer to an endpoint. This happens once, at start-up, so that the state of the layer
/// belongs to the route and not to a connection.
pub fn layered<L>(endpoint: Endpoint, layer: L) -> Endpoint
where
    L: Layer<Endpoint>,
    L::Service: Service<Request> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: IntoResponse,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send,
{
    let service = layer.layer(HandlerReached::record(endpoint));
    Endpoint::new(move |request| {
        let service = service.clone();
        EndpointFuture::new(async move {
            match service.oneshot(request).await {
                Ok(response) => Ok(response.into_response()),
                Err(error) => Err(Problem::internal(error).into_response()),
            }
        })
    })
}
