//! `/routes`

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use axum::{body::Bytes, extract::State, response::IntoResponse};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::policy::Explanation;

/// The document of all routes. It is rendered when a client first asks for it, because it has kilobytes for each route.
#[derive(Clone)]
pub(crate) struct RouteList(Arc<LazyLock<Bytes, RenderRoutes>>);

type RenderRoutes = Box<dyn FnOnce() -> Bytes + Send>;

#[derive(Serialize)]
struct RouteDocument {
    routes: Vec<Explanation>,
}

impl fmt::Debug for RouteList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RouteList")
    }
}

impl RouteList {
    pub(crate) fn new(routes: impl FnOnce() -> Vec<Explanation> + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(move || {
            let document = serde_json::to_vec(&RouteDocument { routes: routes() });
            document.expect("an explanation has texts, lists and switches only").into()
        }))))
    }
}

pub(super) async fn list(State(routes): State<RouteList>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], LazyLock::force(&routes.0).clone())
}
