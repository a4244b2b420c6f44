//! The handshakes of a listener.

use std::{net::SocketAddr, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::socket::MeasuredSocket;
use crate::app::{
    server::connection::{OpenConnection, ServesRequests, drive_handshake, serve_connection},
    tls::ServerCertificate,
};

/// The most data that a connection encrypts before the client takes it, in bytes.
const BUFFER: usize = 32 * 1024;

/// Completes the handshakes of a listener. Clones share their settings.
#[derive(Clone)]
pub(in crate::app::server) struct TlsHandshakes(TlsAcceptor);

impl TlsHandshakes {
    pub(in crate::app::server) fn new(certificate: &ServerCertificate) -> Self {
        Self(certificate.config().into())
    }

    #[cfg(test)]
    pub(super) fn from_config(config: Arc<rustls::ServerConfig>) -> Self {
        Self(config.into())
    }

    /// Completes the handshake of a new connection, and serves the connection to its end.
    ///
    /// A client that is late with the handshake is closed, as one that is late with a head.
    pub(in crate::app::server) async fn serve<I, S>(
        self,
        stream: I,
        peer: SocketAddr,
        service: S,
        open: Arc<OpenConnection>,
    ) where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: ServesRequests,
    {
        open.measured_below();
        let socket = MeasuredSocket::new(stream, Arc::clone(&open));
        // Boxed, because the task of a connection would hold several of these large values.
        let handshake = Box::pin(self.0.accept_with(socket, |session| session.set_buffer_limit(Some(BUFFER))));
        let complete = drive_handshake(async { handshake.await.map(Box::new) }, &open).await;
        match complete {
            Some(Ok(stream)) => serve_connection(stream, peer, service, open).await,
            // The client has disconnected, sends something else than TLS, or does not trust the certificate.
            Some(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            None => tracing::debug!("a connection was closed: its client was late with the TLS handshake"),
        }
    }
}
