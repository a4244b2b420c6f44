use std::{
    any::Any,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pin_project_lite::pin_project;

use crate::{
    observe::{Event, Failure, Report},
    printable::Printable,
    problem::Problem,
};

type Panic = Box<dyn Any + Send>;

pin_project! {
    /// The future of [`CatchPanic`](super::CatchPanic).
    pub struct CatchPanicFuture<F> {
        #[pin]
        pub(super) inner: Option<F>,
        // What the call itself panicked with, before there was a future.
        pub(super) panic: Option<Panic>,
        pub(super) report: Report,
    }
}

impl<F, E> Future for CatchPanicFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(panic) = this.panic.take() {
            return Poll::Ready(Ok(answer(&*panic, this.report)));
        }
        let inner = this.inner.as_pin_mut().expect("a call that panicked answers at the first poll");
        match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Ok(answer(&*panic, this.report))),
        }
    }
}

impl<F> fmt::Debug for CatchPanicFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanicFuture").finish_non_exhaustive()
    }
}

fn answer(panic: &(dyn Any + Send), report: &Report) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text");
    tracing::error!(panic = %Printable(text), "a handler panicked");
    report.event(Event::Panicked);
    let mut response = Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    response.extensions_mut().insert(Failure::Panic);
    response
}
