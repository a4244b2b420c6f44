//! Marks request headers that contain secrets, so that no `Debug` output of headers shows their values.
//!
//! 1. `Authorization`, `Proxy-Authorization` and `Cookie` of every request are marked, and the headers that a verifier
//!    or the configuration names (`sensitive_headers = ["x-session"]`).
//! 2. The `Debug` output of a marked value is `Sensitive`, as in `tracing::debug!(?request)`. If the header is sent on,
//!    the value is not added to HTTP/2's header table (RFC 7541 §7.1.3). Handlers can read it as usual.
//! 3. The mark does not prevent a handler from logging the text of a value.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use http::HeaderMap;
//! use routekit::sensitive_headers::SensitiveHeadersLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app: Router = Router::new()
//!     .route("/", get(|headers: HeaderMap| async move { assert!(!format!("{headers:?}").contains("hunter2")) }))
//!     .layer(SensitiveHeadersLayer::new());
//! let request = Request::get("/").header("authorization", "Bearer hunter2").body(Body::empty()).unwrap();
//! assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
//! # }
//! ```

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderName, Request, header};
use tower_layer::Layer;
use tower_service::Service;

/// The names of headers that contain secrets. Cloning it clones one `Arc`.
#[derive(Debug, Clone)]
struct SecretNames {
    more: Arc<[HeaderName]>,
}

/// Separate from the names that were added, because every header name of every request is compared: the compiler
/// reduces a comparison with a standard name to a byte or two.
const ALWAYS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

impl SecretNames {
    fn add(&mut self, name: HeaderName) {
        if !self.contains(&name) {
            self.more = self.more.iter().cloned().chain([name]).collect();
        }
    }

    fn contains(&self, name: &HeaderName) -> bool {
        ALWAYS.contains(name) || self.more.contains(name)
    }

    fn mark(&self, headers: &mut HeaderMap) {
        // Iterating over names is cheaper than over names with values.
        if headers.keys().any(|name| self.contains(name)) {
            for (name, value) in headers {
                if self.contains(name) {
                    value.set_sensitive(true);
                }
            }
        }
    }
}

/// Marks the values of some request headers as secret. See the [module docs](crate::sensitive_headers).
#[derive(Debug, Clone)]
pub struct SensitiveHeadersLayer {
    names: SecretNames,
}

impl SensitiveHeadersLayer {
    /// Creates a layer that marks `Authorization`, `Proxy-Authorization` and `Cookie`.
    #[must_use]
    pub fn new() -> Self {
        Self { names: SecretNames { more: Arc::new([]) } }
    }

    /// Adds headers to mark.
    #[must_use]
    pub fn and(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        names.into_iter().for_each(|name| self.names.add(name));
        self
    }

    /// Marks the values of secret headers.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        self.names.mark(headers);
    }
}

/// Displays the names: `authorization, cookie, proxy-authorization`, then those that were added.
impl fmt::Display for SensitiveHeadersLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = ALWAYS.iter().chain(&*self.names.more).map(HeaderName::as_str).collect();
        f.pad(&names.join(", "))
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

/// The service of [`SensitiveHeadersLayer`].
#[derive(Debug, Clone)]
pub struct SensitiveHeaders<S> {
    inner: S,
    names: SecretNames,
}

accessors!(SensitiveHeaders);

impl<S, B> Service<Request<B>> for SensitiveHeaders<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.names.mark(request.headers_mut());
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn every_value_of_a_secret_header_is_marked() {
        let layer = SensitiveHeadersLayer::new().and([HeaderName::from_static("x-session")]);
        let inner = service_fn(async |request: Request<()>| Ok::<_, Infallible>(request.into_parts().0.headers));
        let mut request = Request::builder();
        for name in ["accept", "cookie", "cookie", "Authorization", "proxy-authorization", "x-session", "x-sessions"] {
            request = request.header(name, "hunter2");
        }
        let headers = layer.layer(inner).oneshot(request.body(()).unwrap()).await.unwrap();
        let unmarked: Vec<&str> =
            headers.iter().filter(|(_, value)| !value.is_sensitive()).map(|(name, _)| name.as_str()).collect();
        assert_eq!(unmarked, ["accept", "x-sessions"]);
    }
}
