//! Stands in for the handshakes in builds without the feature.

use std::{future::Ready, net::SocketAddr, sync::Arc};

use tokio::net::TcpStream;

use crate::app::{server::connection::OpenConnection, tls::ServerCertificate};

/// Handshakes that cannot exist.
#[derive(Debug, Clone)]
pub(in crate::app::server) enum TlsHandshakes {}

impl TlsHandshakes {
    pub(in crate::app::server) fn new(certificate: &ServerCertificate) -> Self {
        match *certificate {}
    }

    pub(in crate::app::server) fn serve<S>(
        self,
        _: TcpStream,
        _: SocketAddr,
        _: S,
        _: Arc<OpenConnection>,
    ) -> Ready<()> {
        match self {}
    }
}
