//! A handler that invalidates: it runs within its request, and continues in its own task if its client disconnects.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::response::Response;
use tracing::{Instrument, Span};

use super::change::{Change, Settling};
use crate::{
    deadline::within,
    observe::{LateResponse, RunningPermit},
};

/// How long a handler may continue after its client has disconnected.
const GRACE: Duration = Duration::from_secs(30);

type RunningHandler<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

/// The handler's future. If it is dropped while it runs, it moves to the cache's spawner, and invalidates twice:
/// immediately, as it may already have changed something, and when it ends.
pub(super) struct DetachableHandler<E: Send + 'static> {
    state: HandlerState<E>,
    span: Span,
    /// Holds the route's `concurrency` permit for as long as the handler runs.
    permit: Option<RunningPermit>,
    /// Receives the response of a handler that continues.
    late: Option<LateResponse>,
}

enum HandlerState<E> {
    Running(RunningHandler<E>, Box<Change>),
    Settling(Settling, Option<Box<Result<Response, E>>>),
    Ended,
}

impl<E: Send + 'static> DetachableHandler<E> {
    pub(super) fn new(
        (permit, late): (Option<RunningPermit>, Option<LateResponse>),
        run: impl Future<Output = Result<Response, E>> + Send + 'static,
        change: Box<Change>,
    ) -> Self {
        Self { state: HandlerState::Running(Box::pin(run), change), span: Span::current(), permit, late }
    }
}

impl<E: Send + 'static> Future for DetachableHandler<E> {
    type Output = Result<Response, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                HandlerState::Running(run, _) => {
                    let answer = ready!(run.as_mut().poll(cx));
                    let HandlerState::Running(_, change) = std::mem::replace(&mut self.state, HandlerState::Ended)
                    else {
                        continue;
                    };
                    match change.settle(&answer) {
                        None => return Poll::Ready(answer),
                        Some(settling) => self.state = HandlerState::Settling(settling, Some(Box::new(answer))),
                    }
                }
                HandlerState::Settling(settling, answer) => {
                    ready!(settling.as_mut().poll(cx));
                    let answer = *answer.take().expect("a future is not polled after it has ended");
                    self.state = HandlerState::Ended;
                    return Poll::Ready(answer);
                }
                HandlerState::Ended => unreachable!("a future is not polled after it has ended"),
            }
        }
    }
}

impl<E: Send + 'static> Drop for DetachableHandler<E> {
    fn drop(&mut self) {
        // A handler that panicked has ended; dropping its change invalidates.
        if std::thread::panicking() {
            return;
        }
        if let HandlerState::Running(run, change) = std::mem::replace(&mut self.state, HandlerState::Ended) {
            let cache = change.cache().clone();
            let Some(hand_over) = cache.hand_over() else {
                // The handler first, which may change something when it is dropped.
                drop(run);
                return;
            };
            change.invalidate_so_far();
            let (permit, late) = (self.permit.take(), self.late.take());
            let rest = async move {
                let _permit = permit;
                let Some(answer) = within(GRACE, run).await else {
                    tracing::warn!("a handler whose client left, or that timed out, is dropped after 30 seconds");
                    return;
                };
                if let Some(settling) = change.settle(&answer) {
                    settling.await;
                }
                if let (Some(late), Ok(response)) = (late, answer) {
                    late.receive(response).await;
                }
            };
            hand_over(Box::pin(rest.instrument(self.span.clone())));
        }
    }
}
