use std::sync::Arc;

use http::HeaderValue;
use tower_layer::Layer;

use super::Deprecated;

/// Says on every answer that the route is deprecated. See the [module docs](crate::deprecation).
#[derive(Debug, Clone)]
pub struct DeprecationLayer {
    headers: Option<Arc<Headers>>,
}

#[derive(Debug, Clone)]
pub(super) struct Headers {
    pub(super) since: HeaderValue,
    pub(super) sunset: Option<HeaderValue>,
}

impl DeprecationLayer {
    /// With this `Deprecation` header, such as `@1767225600` (RFC 9745 §2.1).
    #[must_use]
    pub fn new(since: HeaderValue) -> Self {
        Self { headers: Some(Arc::new(Headers { since, sunset: None })) }
    }

    /// And with this `Sunset` header, an HTTP date (RFC 8594 §3). Defaults to none.
    #[must_use]
    pub fn sunset(mut self, sunset: HeaderValue) -> Self {
        if let Some(headers) = &mut self.headers {
            Arc::make_mut(headers).sunset = Some(sunset);
        }
        self
    }

    /// A layer that says nothing: one type for every route.
    pub(crate) const fn none() -> Self {
        Self { headers: None }
    }
}

impl<S> Layer<S> for DeprecationLayer {
    type Service = Deprecated<S>;

    fn layer(&self, inner: S) -> Deprecated<S> {
        Deprecated { inner, headers: self.headers.clone() }
    }
}
