//! Stands in for the handshakes in builds without the feature.

use crate::app::tls::ServerCertificate;

/// Handshakes that cannot exist.
#[derive(Debug, Clone)]
pub(in crate::app::server) enum TlsHandshakes {}

impl TlsHandshakes {
    pub(in crate::app::server) fn new(certificate: &ServerCertificate) -> Self {
        match *certificate {}
    }
}
