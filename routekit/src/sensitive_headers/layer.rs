use std::fmt;

use http::HeaderName;
use tower_layer::Layer;

use super::{SensitiveHeaders, names::Names};

/// Marks the values of some headers as secret. See the [module docs](crate::sensitive_headers).
#[derive(Debug, Clone)]
pub struct SensitiveHeadersLayer {
    names: Names,
}

impl SensitiveHeadersLayer {
    /// `Authorization`, `Proxy-Authorization` and `Cookie`.
    #[must_use]
    pub fn new() -> Self {
        Self { names: Names::new() }
    }

    /// These too.
    #[must_use]
    pub fn and(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        Self { names: self.names.and(names) }
    }
}

/// The names: `authorization, cookie, proxy-authorization`.
impl fmt::Display for SensitiveHeadersLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

impl Default for SensitiveHeadersLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SensitiveHeadersLayer {
    type Service = SensitiveHeaders<S>;

    fn layer(&self, inner: S) -> SensitiveHeaders<S> {
        SensitiveHeaders { inner, names: self.names.clone() }
    }
}
