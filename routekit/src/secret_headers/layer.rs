use std::fmt;

use http::HeaderName;
use tower_layer::Layer;

use super::{SecretHeaders, names::Names};

/// Marks the values of some headers as secret. See the [module docs](crate::secret_headers).
#[derive(Debug, Clone)]
pub struct SecretHeadersLayer {
    names: Names,
}

impl SecretHeadersLayer {
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
impl fmt::Display for SecretHeadersLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

impl Default for SecretHeadersLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SecretHeadersLayer {
    type Service = SecretHeaders<S>;

    fn layer(&self, inner: S) -> SecretHeaders<S> {
        SecretHeaders { inner, names: self.names.clone() }
    }
}
