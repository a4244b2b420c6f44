use std::{fmt, sync::Arc};

use http::{HeaderName, header};
use tower_layer::Layer;

use super::SecretHeaders;

/// Marks the values of some headers as secret. See the [module docs](crate::secret_headers).
#[derive(Debug, Clone)]
pub struct SecretHeadersLayer {
    names: Arc<[HeaderName]>,
}

impl SecretHeadersLayer {
    /// `Authorization`, `Proxy-Authorization` and `Cookie`.
    #[must_use]
    pub fn new() -> Self {
        Self { names: Arc::new([header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION]) }
    }

    /// These too.
    #[must_use]
    pub fn and(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let mut all = self.names.to_vec();
        for name in names {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        Self { names: all.into() }
    }
}

/// The names: `authorization, cookie, proxy-authorization`.
impl fmt::Display for SecretHeadersLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names.iter().map(HeaderName::as_str).collect();
        f.pad(&names.join(", "))
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
        SecretHeaders { inner, names: Arc::clone(&self.names) }
    }
}
