//! One connection, from its first bytes to its end.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo, response::Response};
use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use super::{
    connections::{HEAD_TIMEOUT, OpenConnection},
    head_timer::HeadTimer,
    protocol::{Protocol, detect},
};
use crate::observe;

/// How long a connection without a request may still bring one once the app was told to stop.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// How often an HTTP/2 client is asked whether it is still there.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(30);

/// Serves a connection to its end.
pub(super) async fn serve_connection<I, S>(stream: I, peer: SocketAddr, service: S, open: Arc<OpenConnection>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let detected = drive(pin!(detect(stream)), &open, |_| ()).await;
    let served = match detected {
        Some(Ok((protocol, stream))) => {
            let service = ConnectionService { service, peer, open: Arc::clone(&open) };
            match protocol {
                Protocol::Http1 => {
                    let mut server = http1::Builder::new();
                    server.timer(HeadTimer::new(Arc::clone(&open))).header_read_timeout(HEAD_TIMEOUT);
                    let connection = pin!(server.serve_connection(stream, service).with_upgrades());
                    drive(connection, &open, |connection| connection.graceful_shutdown()).await
                }
                Protocol::Http2 => {
                    let mut server = http2::Builder::new(TokioExecutor::new());
                    server.timer(TokioTimer::new()).keep_alive_interval(HTTP2_PING_INTERVAL).enable_connect_protocol();
                    let mut connection = Box::pin(server.serve_connection(stream, service));
                    drive(connection.as_mut(), &open, |connection| connection.graceful_shutdown()).await
                }
            }
        }
        Some(Err(error)) => return tracing::debug!(%error, "a connection ended early"),
        None => None,
    };
    match served {
        Some(Ok(())) => {}
        // The client has left, or did not speak HTTP.
        Some(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        None => tracing::debug!("a connection was closed: the head of a request was late"),
    }
}

/// Polls `connection` until it ends, or until the head of a request is late: `None`.
///
/// When the app stops, `finish` tells the connection to end after its response. If it has had no request yet, its first
/// head is late after [`LAST_MOMENT`].
async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    open: &OpenConnection,
    finish: impl Fn(Pin<&mut C>),
) -> Option<C::Output> {
    let output = poll_unless(connection.as_mut(), open, || open.is_stopping() || open.head_is_late()).await;
    if output.is_some() || open.head_is_late() {
        return output;
    }
    finish(connection.as_mut());
    tokio::select! {
        output = connection.as_mut() => return Some(output),
        () = tokio::time::sleep(LAST_MOMENT) => {}
    }
    if open.has_had_a_request() { poll_unless(connection, open, || open.head_is_late()).await } else { None }
}

/// Polls `connection` until it ends, or until `interrupted` after a poll: `None`.
async fn poll_unless<C: Future>(
    mut connection: Pin<&mut C>,
    open: &OpenConnection,
    interrupted: impl Fn() -> bool,
) -> Option<C::Output> {
    let mut registered: Option<Waker> = None;
    poll_fn(|cx| {
        if !registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            open.wake(cx.waker());
            registered = Some(cx.waker().clone());
        }
        // Polled first, so that a head that has arrived counts.
        match connection.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if interrupted() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The service of one connection.
struct ConnectionService<S> {
    service: S,
    peer: SocketAddr,
    open: Arc<OpenConnection>,
}

impl<S> hyper::service::Service<Request<Incoming>> for ConnectionService<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone,
{
    type Response = Response;
    type Error = Infallible;
    type Future = S::Future;

    fn call(&self, request: Request<Incoming>) -> S::Future {
        self.open.head_read();
        let mut request = request.map(Body::new);
        let extensions = request.extensions_mut();
        observe::make_room(extensions);
        extensions.insert(ConnectInfo(self.peer));
        // A router is always ready.
        self.service.clone().call(request)
    }
}
