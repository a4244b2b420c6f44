//! A handler that invalidates, from its beginning to its end.

use std::{sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use tokio::sync::oneshot;
use tower_service::Service;

use super::{own_url::is_refused, plan::Pending};

/// How long a handler may go on for whose answer nobody waits any more.
const GRACE: Duration = Duration::from_secs(30);

/// Makes it invalid when it is dropped, whatever the reason: a panic, a runtime that shuts down.
struct Guard(Option<Arc<Pending>>);

impl Guard {
    /// The handler has ended; a refusal has changed nothing.
    async fn settle<E>(mut self, answer: Result<Response, E>) -> Result<Response, E> {
        if let Some(pending) = self.0.as_ref().filter(|_| !is_refused(&answer)) {
            if let Ok(response) = &answer {
                pending.learn(response);
            }
            pending.invalidate().await;
        }
        self.0 = None;
        answer
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(pending) = &self.0 {
            pending.invalidate_without_waiting();
        }
    }
}

/// Calls the handler; when this is ready, what it invalidates is invalid.
pub(super) async fn attached<S>(mut inner: S, request: Request, pending: Arc<Pending>) -> Result<Response, S::Error>
where
    S: Service<Request, Response = Response>,
{
    let guard = Guard(Some(pending));
    let answer = inner.call(request).await;
    guard.settle(answer).await
}

/// The same on a task of its own.
pub(super) async fn detached<S>(
    inner: S,
    request: Request,
    pending: Arc<Pending>,
    mut sender: oneshot::Sender<Result<Response, S::Error>>,
) where
    S: Service<Request, Response = Response>,
{
    let handed = Arc::clone(&pending);
    let abandoned = async {
        sender.closed().await;
        let Some(_permit) = handed.permit() else { return "too many others go on without a client" };
        tokio::time::sleep(GRACE).await;
        "it did not end within 30 seconds"
    };
    let answer = tokio::select! {
        biased;
        answer = attached(inner, request, pending) => answer,
        why = abandoned => {
            tracing::warn!(why, "a handler whose client has left, or which timed out, is dropped");
            return;
        }
    };
    // Nobody is there any more: what had to be done is done.
    let _ = sender.send(answer);
}
