//! `GET /openapi.json`, `GET /openapi/{version}` and `GET /docs`. With the feature `swagger-ui`, also
//! `GET /docs/swagger` and its files.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    Router,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{HeaderValue, header};

#[cfg(feature = "swagger-ui")]
use super::swagger_ui;
use super::{document::OpenApiDocument, page};
use crate::{
    problem::{Problem, Result},
    route::Reserved,
};

/// The paths that routes of the app must not use if the document is served beside them.
pub(crate) const PATHS: &[Reserved] = &[
    Reserved { path: "/docs", what: "the page with its documentation" },
    #[cfg(feature = "swagger-ui")]
    Reserved { path: "/docs/swagger", what: "Swagger UI" },
    #[cfg(feature = "swagger-ui")]
    Reserved { path: "/docs/swagger/{*file}", what: "the files of Swagger UI" },
    Reserved { path: "/openapi.json", what: "its OpenAPI document" },
    Reserved { path: "/openapi/{*version}", what: "the OpenAPI document of a version" },
];

/// Makes documents when they are first requested, and keeps them.
#[derive(Clone)]
pub(crate) struct DocumentMaker(Arc<MakerState>);

struct MakerState {
    url: String,
    make: MakeDocument,
    /// By version; `None` is the document of all routes. There are as many as the routes have versions.
    made: RwLock<BTreeMap<Option<String>, Served>>,
}

type MakeDocument = Box<dyn Fn(Option<&str>) -> Option<OpenApiDocument> + Send + Sync>;

/// A document in all forms.
#[derive(Clone)]
struct Served {
    json: Bytes,
    /// Empty for the document of a version.
    page: Bytes,
    /// Served for the document of all routes only.
    #[cfg(feature = "swagger-ui")]
    swagger_ui: swagger_ui::SwaggerPage,
}

impl DocumentMaker {
    /// `make` returns the document of one version, or of all routes. `None` if no route has this version.
    /// `url` is that of the app, for the examples of the page.
    pub(crate) fn new(
        url: String,
        make: impl Fn(Option<&str>) -> Option<OpenApiDocument> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(MakerState { url, make: Box::new(make), made: RwLock::default() }))
    }

    fn get(&self, version: Option<&str>) -> Result<Served> {
        let key = version.map(str::to_owned);
        if let Some(served) = self.0.made.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(served.clone());
        }
        let document = (self.0.make)(version);
        let document = document.ok_or_else(|| Problem::not_found("no route of this app has this version"))?;
        let json = Bytes::from(document.as_json().to_string());
        let page = if version.is_none() { page::page(document.as_json(), &self.0.url) } else { String::new() };
        let served = Served {
            json,
            page: page.into(),
            #[cfg(feature = "swagger-ui")]
            swagger_ui: swagger_ui::page(document.as_json()),
        };
        for warning in document.warnings() {
            tracing::warn!(target: "routekit::openapi", "{warning}");
        }
        self.0.made.write().unwrap_or_else(PoisonError::into_inner).insert(key, served.clone());
        Ok(served)
    }
}

impl fmt::Debug for DocumentMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentMaker")
    }
}

/// The router of the document, of those of each version, and of the pages.
pub(crate) fn router(maker: DocumentMaker) -> Router {
    let router = Router::new()
        .route("/openapi.json", get(whole))
        .route("/openapi/{*version}", get(of_version))
        .route("/docs", get(docs));
    #[cfg(feature = "swagger-ui")]
    let router = router.route("/docs/swagger", get(swagger)).route("/docs/swagger/{file}", get(swagger_ui::file));
    router.with_state(maker)
}

async fn whole(State(maker): State<DocumentMaker>) -> Result<Response> {
    Ok(json(maker.get(None)?))
}

async fn of_version(
    State(maker): State<DocumentMaker>,
    version: Result<Path<String>, PathRejection>,
) -> Result<Response> {
    let Path(version) = version.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let version = version.strip_suffix(".json").unwrap_or(&version);
    Ok(json(maker.get(Some(version))?))
}

async fn docs(State(maker): State<DocumentMaker>) -> Result<Response> {
    let page = maker.get(None)?.page;
    Ok((page::headers(), page).into_response())
}

#[cfg(feature = "swagger-ui")]
async fn swagger(State(maker): State<DocumentMaker>) -> Result<Response> {
    Ok(maker.get(None)?.swagger_ui.into_response())
}

fn json(served: Served) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, served.json).into_response()
}
