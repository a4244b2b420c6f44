//! Functions for generated code that involve more than one module.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use tower::{BoxError, ServiceExt};
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    extract::placeholder::Placeholders,
    problem::Problem,
    route::{Endpoint, EndpointFuture, HandlerReached},
};

/// An argument with the name of a placeholder.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be parsed from a placeholder: it does not implement `Deserialize`",
    label = "does not implement `Deserialize`",
    note = "an argument with the name of a placeholder is parsed from it: derive `Deserialize` for its type, or give \
            an extractor another name"
)]
pub trait FromPlaceholder: DeserializeOwned {}

impl<T: DeserializeOwned> FromPlaceholder for T {}

/// Parses the placeholder `name`.
#[expect(clippy::result_large_err, reason = "a refusal is a response, as in axum")]
pub fn parse<T: FromPlaceholder>(placeholders: &Placeholders, name: &'static str) -> Result<T, Response> {
    placeholders.parse(name)
}

/// Boxes the future of one request to a handler.
pub fn future(call: impl Future<Output = Result<Response, Response>> + Send + 'static) -> EndpointFuture {
    EndpointFuture::new(call)
}

/// A return type of a handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a handler: it does not implement `IntoResponse`",
    label = "not a response",
    note = "handlers return `Json<T>` if `T` derives `Serialize`, text, `StatusCode`, `Problem`, a pair of a status \
            and \
            a response, or a `Result` of two of these",
    note = "for a type of your own, implement axum's `IntoResponse`"
)]
pub trait Respond: IntoResponse {}

impl<T: IntoResponse> Respond for T {}

/// Converts what the handler returned into a response.
pub fn respond(output: impl Respond) -> Response {
    output.into_response()
}

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
