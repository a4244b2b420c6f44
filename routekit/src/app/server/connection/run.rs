//! One connection, from its first bytes to its end.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    extract::ConnectInfo,
    response::Response,
};
use http::{HeaderValue, Request, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tower_service::Service;

#[cfg(feature = "http2")]
use super::http2::StreamExecutor;
use super::{
    bodies::{ExchangeSide, RequestBody, ResponseBody},
    connections::OpenConnection,
    drive::{LAST_MOMENT, drive},
    heads::{is_malformed, method_of, status_of},
    linger::{discard, linger},
    protocol::{Protocol, detect},
    serves_requests::ServesRequests,
    stage::ClosingStage,
};
use crate::observe::{self, KnowsRequest, OverTls};

/// hyper discards the rest of a body only if it is already in its buffer, and closes the connection otherwise. This is
/// the initial size of the buffer.
const MOST_DISCARDED: u64 = 8 * 1024;

/// The interval of pings to an HTTP/2 client.
#[cfg(feature = "http2")]
const HTTP2_PING_INTERVAL: std::time::Duration = std::time::Duration::from_secs(30);

/// Serves a connection to its end.
pub(in crate::app::server) async fn serve_connection<I, S>(
    stream: I,
    peer: SocketAddr,
    service: S,
    open: Arc<OpenConnection>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: ServesRequests,
{
    let _unsent = open.unsent.until_the_end();
    let detected = drive(pin!(detect(stream, Arc::clone(&open))), (&open, Protocol::Http1), |_| ()).await;
    let served = match detected {
        Some(Ok((protocol, stream))) => {
            let service = |exchanges| ConnectionService {
                service: RefCell::new(service),
                peer,
                open: Arc::clone(&open),
                exchanges,
            };
            match protocol {
                Protocol::Http1 => {
                    let mut server = http1::Builder::new();
                    // `OpenConnection` has the deadline of a head. The buffer holds a whole head.
                    server.header_read_timeout(None).max_buf_size(open.limits().max_head_bytes);
                    let mut connection = server.serve_connection(stream, service(Exchanges::Http1)).with_upgrades();
                    let served = drive(Pin::new(&mut connection), (&open, protocol), |connection| {
                        connection.graceful_shutdown();
                    })
                    .await;
                    match connection.into_parts() {
                        Some(parts) if client_may_still_send(&served, &open) => {
                            if let Some(Err(error)) = &served
                                && let Some(status) = status_of(error, &parts.read_buf)
                            {
                                open.head_rejected(method_of(&parts.read_buf), status);
                            }
                            linger(parts.io.into_inner(), &open).await;
                        }
                        Some(parts) if served.is_none() && open.has_half_a_head() => {
                            open.head_rejected(method_of(&parts.read_buf), StatusCode::REQUEST_TIMEOUT);
                            // The stream is closed next, whether or not it has room for the response.
                            let refused = refuse_late(parts.io.into_inner(), open.refusals().request_timeout());
                            let _ = tokio::time::timeout(LAST_MOMENT, refused).await;
                        }
                        Some(parts) if served.is_none() && open.owes_close_notify() => {
                            let _ = tokio::time::timeout(LAST_MOMENT, parts.io.into_inner().shutdown()).await;
                        }
                        Some(_) => {}
                        // The stream has another protocol from now on.
                        None => open.await_nothing(),
                    }
                    served
                }
                #[cfg(feature = "http2")]
                Protocol::Http2 => {
                    use hyper::server::conn::http2;
                    use hyper_util::rt::TokioTimer;
                    let executor = StreamExecutor::new(Arc::clone(&open));
                    let mut server = http2::Builder::new(executor.clone());
                    server.timer(TokioTimer::new()).keep_alive_interval(HTTP2_PING_INTERVAL).enable_connect_protocol();
                    server
                        .max_concurrent_streams(open.limits().http2_max_streams)
                        .max_header_list_size(u32::try_from(open.limits().max_head_bytes).unwrap_or(u32::MAX))
                        .initial_stream_window_size(open.limits().http2_window)
                        .initial_connection_window_size(open.limits().http2_window);
                    let mut connection = Box::pin(server.serve_connection(stream, service(Exchanges::Http2(executor))));
                    let served =
                        drive(connection.as_mut(), (&open, protocol), |connection| connection.graceful_shutdown())
                            .await;
                    if served.is_none() && !open.is_closing() {
                        // Tells the client that the connection ends (GOAWAY, RFC 9113 §6.8).
                        connection.as_mut().graceful_shutdown();
                        let _ = tokio::time::timeout(LAST_MOMENT, connection.as_mut()).await;
                    }
                    served
                }
            }
        }
        Some(Err(error)) => return tracing::debug!(%error, "a connection ended early"),
        None => None,
    };
    match served {
        Some(Ok(())) => {}
        // The client has disconnected, or did not send HTTP.
        Some(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        None => tracing::debug!("a connection was closed: its client was late, or the app stops"),
    }
}

/// Answers a head that is late, and reads what the client sends meanwhile, so that it does not lose the response.
async fn refuse_late(mut stream: impl AsyncRead + AsyncWrite + Unpin, response: Vec<u8>) -> io::Result<()> {
    stream.write_all(&response).await?;
    stream.shutdown().await?;
    discard(stream).await;
    Ok(())
}

/// Whether hyper has answered and closed its side while the client may still be sending: the rest of a body that the
/// handler did not read, or data after a malformed head.
fn client_may_still_send(served: &Option<hyper::Result<()>>, open: &OpenConnection) -> bool {
    match served {
        // An app that drains closes the connection after a response, and the client may have sent the next request.
        Some(Ok(())) => open.unread() > 0 || open.is_at_least(ClosingStage::Draining),
        Some(Err(error)) => error.is_parse(),
        None => false,
    }
}

fn is_websocket(response: &Response) -> bool {
    response.headers().get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The service of one connection.
struct ConnectionService<S> {
    /// Only called by one task.
    service: RefCell<S>,
    peer: SocketAddr,
    open: Arc<OpenConnection>,
    exchanges: Exchanges,
}

/// The exchanges of one connection.
enum Exchanges {
    /// One at a time.
    Http1,
    /// Several at once, each in a task.
    #[cfg(feature = "http2")]
    Http2(StreamExecutor),
}

impl<S> hyper::service::Service<Request<Incoming>> for ConnectionService<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: KnowsRequest>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ConnectionFuture<S::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.open.head_read();
        let malformed = is_malformed(&request);
        let exchange = match &self.exchanges {
            Exchanges::Http1 => ExchangeSide::Http1(Arc::clone(&self.open)),
            #[cfg(feature = "http2")]
            Exchanges::Http2(executor) => ExchangeSide::Http2(executor.begin()),
        };
        let mut request = request.map(|body| {
            if body.is_end_stream() {
                // Allocates nothing, unlike the next one.
                Body::empty()
            } else {
                Body::new(RequestBody::new(body, exchange.clone()))
            }
        });
        let extensions = request.extensions_mut();
        observe::make_room(extensions);
        extensions.insert(ConnectInfo(self.peer));
        if self.open.is_measured() && observe::request_tracer().is_some() {
            extensions.insert(OverTls);
        }
        let exchange = Some(exchange);
        if malformed {
            self.open.head_rejected(request.method().clone(), StatusCode::BAD_REQUEST);
            let response = Some(self.open.refusals().bad_request(&request));
            return ConnectionFuture { exchange, answer: HeadAnswer::Refused { response } };
        }
        // An app service is always ready.
        ConnectionFuture { exchange, answer: HeadAnswer::App { inner: self.service.borrow_mut().call(request) } }
    }
}

pin_project! {
    /// Reports to the connection or stream when the response ends.
    struct ConnectionFuture<F> {
        #[pin]
        answer: HeadAnswer<F>,
        // `None` after the response.
        exchange: Option<ExchangeSide>,
    }
}

pin_project! {
    #[project = HeadAnswerProjection]
    enum HeadAnswer<F> {
        App { #[pin] inner: F },
        // For a malformed request. `None` after the response.
        Refused { response: Option<Box<Response>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>> + KnowsRequest> Future for ConnectionFuture<F> {
    type Output = Result<Response<ResponseBody>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Changed in place, because moving a response is expensive.
        let (mut polled, malformed) = match this.answer.as_mut().project() {
            HeadAnswerProjection::App { inner } => (inner.poll(cx), false),
            HeadAnswerProjection::Refused { response } => {
                (response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(*response))), true)
            }
        };
        let Poll::Ready(Ok(response)) = &mut polled else { return Poll::Pending };
        let request = match this.answer.project() {
            HeadAnswerProjection::App { inner } => inner.take_request(),
            HeadAnswerProjection::Refused { .. } => None,
        };
        let exchange = this.exchange.take();
        if let Some(ExchangeSide::Http1(open)) = &exchange {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                if is_websocket(response) {
                    open.becomes_websocket();
                }
            } else if malformed || open.unread() > MOST_DISCARDED || open.is_at_least(ClosingStage::Draining) {
                // RFC 9112 §9.6. hyper closes the connection after this response.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
        }
        polled.map_ok(|response| response.map(|body| ResponseBody::new(body, exchange, request)))
    }
}
