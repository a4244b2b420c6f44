//! The parts of a response by which a handler controls its storage.

use std::{collections::BTreeSet, convert::Infallible};

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};

/// Tags that the handler adds to those that the route declares.
///
/// ```
/// use routekit::{cache::CacheTags, prelude::*};
///
/// #[get("/carts/{id}", cache(ttl = 60, tags = "cart:{id}"))]
/// async fn cart(id: u64) -> (CacheTags, Json<Vec<u64>>) {
///     let products = vec![id + 1, id + 2];
///     (CacheTags::new(products.iter().map(|id| format!("product:{id}"))), Json(products))
/// }
/// ```
///
/// It is also an extension of a response: `response.extensions_mut().insert(CacheTags::new(["product:7"]))`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheTags(BTreeSet<String>);

impl CacheTags {
    /// Creates tags with these names.
    #[must_use]
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// Returns the names of the tags.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl IntoResponseParts for CacheTags {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let all = parts.extensions_mut().get_or_insert_default::<Self>();
        all.0.extend(self.0);
        Ok(parts)
    }
}

impl IntoResponse for CacheTags {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// Forbids storing the response: `(NoStore, Json(…))`, or as an extension of a response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoStore;

impl IntoResponseParts for NoStore {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponse for NoStore {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}
