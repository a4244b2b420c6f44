use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::HeaderName;
use pin_project_lite::pin_project;

use super::layer::Headers;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

pin_project! {
    /// The future of [`Deprecated`](super::Deprecated).
    #[derive(Debug)]
    pub struct DeprecationFuture<F> {
        #[pin]
        pub(super) inner: F,
        pub(super) headers: Option<Arc<Headers>>,
    }
}

impl<F, E> Future for DeprecationFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed where it lies: a response is large to move.
        let mut polled = this.inner.poll(cx);
        if let (Some(headers), Poll::Ready(Ok(response))) = (this.headers, &mut polled) {
            let map = response.headers_mut();
            map.entry(DEPRECATION).or_insert_with(|| headers.since.clone());
            if let Some(sunset) = &headers.sunset {
                map.entry(SUNSET).or_insert_with(|| sunset.clone());
            }
        }
        polled
    }
}
