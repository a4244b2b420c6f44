use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{CallError, Classify, Open, Permit, on_unwind::OnUnwind};

pin_project! {
    /// Response future of [`Breaker`](super::Breaker).
    pub struct BreakerFuture<F, J> {
        #[pin]
        way: Way<F, J>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, J> {
        Calling {
            #[pin]
            inner: F,
            tracked: Option<(Permit, J)>,
        },
        Refused { open: Open },
    }
}

impl<F, J> BreakerFuture<F, J> {
    pub(super) fn calling(inner: F, permit: Permit, classify: J) -> Self {
        Self { way: Way::Calling { inner, tracked: Some((permit, classify)) } }
    }

    pub(super) fn refused(open: Open) -> Self {
        Self { way: Way::Refused { open } }
    }
}

impl<F, T, E, J> Future for BreakerFuture<F, J>
where
    F: Future<Output = Result<T, E>>,
    J: Classify<T, E>,
{
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Calling { inner, tracked } => {
                let result = ready!(OnUnwind::around(tracked, || inner.poll(cx)));
                if let Some((permit, classify)) = tracked.take() {
                    permit.settle(classify.classify(&result));
                }
                Poll::Ready(result.map_err(CallError::Failed))
            }
            WayProjection::Refused { open } => Poll::Ready(Err(CallError::Open(*open))),
        }
    }
}

impl<F, J> fmt::Debug for BreakerFuture<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerFuture").finish_non_exhaustive()
    }
}
