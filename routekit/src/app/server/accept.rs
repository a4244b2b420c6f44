//! The loop that accepts connections.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::Instant,
};

use super::{
    connection::{Connections, OpenConnection, ServesRequests, serve_connection},
    tls::TlsHandshakes,
};

/// How long to wait before the next attempt if the system is out of files or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// How long to wait before saying again that all connections are in use.
const FULL_PAUSE: Duration = Duration::from_secs(60);

/// Serves each connection in a task of `tasks` until `stop` ends.
///
/// Each connection has a slot for as long as it is open, also with another protocol. With `tls`, it begins with a
/// handshake. Returns the output of `stop`.
pub(super) async fn accept<S, T>(
    (listener, slots): (&TcpListener, &Arc<Semaphore>),
    connections: &Arc<Connections>,
    tasks: &mut JoinSet<()>,
    tls: Option<&TlsHandshakes>,
    stop: impl Future<Output = T>,
    service: impl Fn() -> S,
) -> T
where
    S: ServesRequests,
{
    let mut stop = std::pin::pin!(stop);
    let mut full: Option<Instant> = None;
    let stopped = loop {
        tokio::select! {
            (slot, accepted) = next(listener, slots) => match accepted {
                Ok((stream, peer)) => {
                    tasks.spawn(serve(stream, peer, service(), connections.open(slot), tls));
                    // Frees the results of finished tasks. To wait for them would wake this loop for each.
                    while tasks.try_join_next().is_some() {}
                    if slots.available_permits() == 0 && full.is_none_or(|since| since.elapsed() > FULL_PAUSE) {
                        full = Some(Instant::now());
                        tracing::warn!("all connections are in use; further clients wait");
                    }
                }
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections");
                    tokio::select! {
                        () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                        stopped = &mut stop => break stopped,
                    }
                }
            },
            stopped = &mut stop => break stopped,
        }
    };
    // The system would reset the connections that wait in its queue. They may have sent a request.
    tokio::task::yield_now().await;
    while let Ok(slot) = Arc::clone(slots).try_acquire_owned()
        && let Poll::Ready(Ok((stream, peer))) = poll_fn(|cx| Poll::Ready(listener.poll_accept(cx))).await
    {
        tasks.spawn(serve(stream, peer, service(), connections.open(Some(slot)), tls));
    }
    stopped
}

/// Serves one connection. Boxed, because the future of a task is moved several times.
fn serve<S>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    open: Arc<OpenConnection>,
    tls: Option<&TlsHandshakes>,
) -> Pin<Box<dyn Future<Output = ()> + Send>>
where
    S: ServesRequests,
{
    // Responses are written whole, so waiting to fill a packet only delays them. A failure to set this causes only that
    // delay.
    let _ = stream.set_nodelay(true);
    match tls {
        None => Box::pin(serve_connection(stream, peer, service, open)),
        #[cfg(feature = "tls")]
        Some(tls) => Box::pin(tls.clone().serve(stream, peer, service, open)),
        #[cfg(not(feature = "tls"))]
        Some(tls) => match *tls {},
    }
}

/// Waits until another connection may be open, and for that connection.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    (slot, listener.accept().await)
}

/// Whether the error concerns the accepted connection and not the listener.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_one_connection_do_not_pause_the_loop() {
        assert!(concerns_one_connection(&io::ErrorKind::ConnectionAborted.into()));
        assert!(!concerns_one_connection(&io::ErrorKind::OutOfMemory.into()));
    }
}
