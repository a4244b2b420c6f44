//! Stands in for `tls` in builds without the feature.

use std::{future::Ready, net::SocketAddr, sync::Arc};

use tokio::net::TcpStream;

use super::connection::OpenConnection;
use crate::app::tls::ServerCertificate;

/// Handshakes that cannot exist.
#[derive(Debug, Clone)]
pub(super) enum TlsHandshakes {}

impl TlsHandshakes {
    pub(super) fn new(certificate: &ServerCertificate) -> Self {
        match *certificate {}
    }

    pub(super) fn serve<S>(self, _: TcpStream, _: SocketAddr, _: S, _: Arc<OpenConnection>) -> Ready<()> {
        match self {}
    }
}
