//! Deadlines: one timer, one response and one event for everything in this crate that has a time limit.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use crate::{
    base::clock::{Clock, ManualTimer},
    observe::{Event, Failure, Report},
    problem::Problem,
};

/// A timer that starts at the first `Pending` of the work that it limits. Work that is ready immediately needs no
/// timer.
///
/// The timer is boxed, so that a future with a deadline stays small: each outer layer moves that future once.
#[derive(Debug, Default)]
pub(crate) struct Deadline(Option<Pin<Box<Timer>>>);

pin_project! {
    #[derive(Debug)]
    struct Timer {
        #[pin]
        sleep: Sleep,
        // Of a clock that a test moves, which it may do without moving tokio's.
        manual: Option<ManualTimer>,
    }
}

impl Deadline {
    /// Ready once `limit` has passed since the first call, on tokio's clock or on a manual `clock`. Must be called each
    /// time that the work is `Pending`.
    pub(crate) fn poll_expired(&mut self, limit: Duration, clock: &Clock, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self
            .0
            .get_or_insert_with(|| Box::pin(Timer { sleep: tokio::time::sleep(limit), manual: clock.timer(limit) }));
        let timer = timer.as_mut().project();
        if let Some(manual) = timer.manual
            && manual.poll(cx).is_ready()
        {
            return Poll::Ready(());
        }
        // Outside tokio's coop budget, which work that never waits has used up.
        pin!(tokio::task::unconstrained(timer.sleep)).poll(cx)
    }
}

/// The output of `work`, or `None` if it takes longer than `limit` on tokio's clock.
pub(crate) fn within<F: Future>(limit: Duration, work: F) -> Within<F> {
    within_on(Clock::system(), limit, work)
}

/// The same, on tokio's clock or on a manual `clock`.
pub(crate) fn within_on<F: Future>(clock: Clock, limit: Duration, work: F) -> Within<F> {
    Within { work, clock, limit, deadline: Deadline::default() }
}

pin_project! {
    /// The future of [`within`]. An `async fn` would hold `work` twice: as its argument, and where it is polled.
    #[derive(Debug)]
    pub(crate) struct Within<F> {
        #[pin]
        work: F,
        clock: Clock,
        limit: Duration,
        deadline: Deadline,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.work.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => this.deadline.poll_expired(*this.limit, this.clock, cx).map(|()| None),
        }
    }
}

/// Waits for this long on tokio's clock, or on a manual `clock`.
pub(crate) async fn pause(duration: Duration, clock: &Clock) {
    let mut deadline = Deadline::default();
    poll_fn(|cx| deadline.poll_expired(duration, clock, cx)).await;
}

/// The time that is left of a limit which began earlier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Countdown {
    limit: Duration,
    began: Instant,
}

impl Countdown {
    /// Begins now.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, began: Instant::now() }
    }

    /// The time that has passed since it began.
    #[cfg(feature = "redis")]
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }
}

/// Returns the 504 for a request whose time limit has expired. Reports [`Event::TimedOut`].
pub(crate) fn timed_out(report: &Report) -> Response {
    report.event(Event::TimedOut);
    let mut response = problem().into_response();
    response.extensions_mut().insert(Failure::Timeout);
    response
}

/// Returns the problem of that response.
pub(crate) fn problem() -> Problem {
    Problem::new(StatusCode::GATEWAY_TIMEOUT).with_detail("the request took too long to answer")
}
