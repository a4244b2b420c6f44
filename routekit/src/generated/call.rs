//! A request to a handler.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll, ready},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;

use crate::{
    extract::argument::Arguments,
    route::{Context, EndpointFuture},
};

/// Extracts the arguments, calls the handler with their values, and converts what it returns.
pub fn call<S, A, H, F, R>(
    request: Request,
    context: Arc<Context<S>>,
    arguments: A,
    handler: H,
    respond: R,
) -> EndpointFuture
where
    S: Send + Sync + 'static,
    A: Arguments<S> + 'static,
    H: FnOnce(A::Values) -> F + Send + 'static,
    F: Future + Send + 'static,
    R: FnOnce(F::Output) -> Response + Send + 'static,
{
    let extraction = arguments.extract_all(request, context);
    EndpointFuture::new(Call::Extracting { extraction, functions: Some((handler, respond)) })
}

pin_project! {
    /// Unlike an `async` block, it has room for the arguments or for the handler, and not for both.
    #[project = Project]
    enum Call<E, H, F, R> {
        Extracting {
            #[pin]
            extraction: E,
            functions: Option<(H, R)>,
        },
        Handling {
            #[pin]
            handling: F,
            respond: Option<R>,
        },
    }
}

impl<V, E, H, F, R> Future for Call<E, H, F, R>
where
    E: Future<Output = Result<V, Response>>,
    H: FnOnce(V) -> F,
    F: Future,
    R: FnOnce(F::Output) -> Response,
{
    type Output = Result<Response, Response>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        if let Project::Extracting { extraction, functions } = self.as_mut().project() {
            let values = ready!(extraction.poll(cx))?;
            let (handler, respond) = functions.take().expect("a future is not polled after it is ready");
            self.set(Call::Handling { handling: handler(values), respond: Some(respond) });
        }
        let Project::Handling { handling, respond } = self.project() else { unreachable!("it was set above") };
        let output = ready!(handling.poll(cx));
        let respond = respond.take().expect("a future is not polled after it is ready");
        Poll::Ready(Ok(respond(output)))
    }
}
