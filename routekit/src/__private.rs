//! What generated code calls. No promises: this may change in any release.

pub use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use tower::{BoxError, ServiceExt};
use tower_layer::Layer;
use tower_service::Service;

pub use inventory;
pub use routekit_macros::discard;
pub use validator;

use crate::problem::Problem;
pub use crate::{
    deps::Deps,
    extract::{placeholder::Placeholders, specialise::Extract, validation::with_serde_names},
    route::{
        Access, Audience, BreakerPolicy, CachePolicy, CdnTags, Context, Deprecation, Description, Endpoint,
        EndpointFuture, Fallback, Grant, Invalidates, JudgeResponse, Location, Method, Policies, Ratio, RequestText,
        Route, RouteMeta, Window, Wiring, endpoint, fallback,
        probe::{self, Probe},
        spelling::Spell,
    },
};

/// Traits that decide how an argument is extracted.
pub mod extract {
    pub use crate::extract::specialise::{FromAxum, FromDeps, FromValidatedBody, FromValidatedParts};
    pub use crate::route::spelling::{SpellDisplay, SpellNothing};
}

/// What an argument that is named like a placeholder must be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be parsed from a placeholder: it must derive `Deserialize`",
    label = "not `Deserialize`",
    note = "an argument that is named like a placeholder is parsed from it; an extractor needs another name"
)]
pub trait FromPlaceholder: DeserializeOwned {}

impl<T: DeserializeOwned> FromPlaceholder for T {}

/// The placeholder `name`, parsed.
#[expect(clippy::result_large_err, reason = "a refusal is a response, as everywhere in axum")]
pub fn parse<T: FromPlaceholder>(placeholders: &Placeholders, name: &'static str) -> Result<T, Response> {
    placeholders.parse(name)
}

/// The future of one request to a handler.
pub fn future(call: impl Future<Output = Result<Response, Response>> + Send + 'static) -> EndpointFuture {
    EndpointFuture::new(call)
}

/// What a handler may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a handler: it is no response",
    label = "no response",
    note = "`Json<T>` is a response if `T` derives `Serialize`, and `Result<T, E>` if both are; so are text, `StatusCode`, \
            `Problem` and pairs of a status and a response",
    note = "for a type of your own, implement axum's `IntoResponse`"
)]
pub trait Respond: IntoResponse {}

impl<T: IntoResponse> Respond for T {}

/// What the handler returned, as a response.
pub fn respond(output: impl Respond) -> Response {
    output.into_response()
}

/// An endpoint with the route's own tower layer around it. The layer is applied here, once, so that its state is the
/// route's and not a connection's.
pub fn layered<L>(endpoint: Endpoint, layer: L) -> Endpoint
where
    L: Layer<Endpoint>,
    L::Service: Service<Request> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: IntoResponse,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send,
{
    let service = layer.layer(endpoint);
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
