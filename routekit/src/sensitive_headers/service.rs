use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::names::Names;

/// The service of [`SensitiveHeadersLayer`](super::SensitiveHeadersLayer).
#[derive(Debug, Clone)]
pub struct SensitiveHeaders<S> {
    pub(super) inner: S,
    pub(super) names: Names,
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
        let headers = request.headers_mut();
        // Names alone are cheaper to go through than with their values.
        if headers.keys().any(|name| self.names.contains(name)) {
            for (name, value) in headers {
                if self.names.contains(name) {
                    value.set_sensitive(true);
                }
            }
        }
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt, service_fn};
    use tower_layer::Layer;

    use super::*;
    use crate::sensitive_headers::SensitiveHeadersLayer;

    #[tokio::test]
    async fn every_value_of_a_secret_header_is_marked() {
        let layer = SensitiveHeadersLayer::new().and([http::HeaderName::from_static("x-session")]);
        let inner = service_fn(async |request: Request<()>| Ok::<_, Infallible>(request.into_parts().0.headers));
        let mut request = Request::builder();
        for name in ["accept", "cookie", "cookie", "Authorization", "proxy-authorization", "x-session", "x-sessions"] {
            request = request.header(name, "hunter2");
        }
        let headers = layer.layer(inner).oneshot(request.body(()).unwrap()).await.unwrap();
        let open: Vec<&str> =
            headers.iter().filter(|(_, value)| !value.is_sensitive()).map(|(name, _)| name.as_str()).collect();
        assert_eq!(open, ["accept", "x-sessions"]);
    }
}
