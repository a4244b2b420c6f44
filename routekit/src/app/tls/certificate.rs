//! The certificate that is in use.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::{
    ServerConfig,
    crypto::ring,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::files::CertificateFiles;
use crate::health::{HealthCheck, HealthCheckResult};

/// The protocols that a client can choose, by preference (RFC 7301).
const ALPN: &[&[u8]] = if cfg!(feature = "http2") { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };

/// The certificate of an app, with its key. Clones share it.
#[derive(Clone)]
pub(in crate::app) struct ServerCertificate(Arc<CertificateState>);

struct CertificateState {
    files: CertificateFiles,
    current: Arc<CurrentPair>,
    config: Arc<ServerConfig>,
    /// The digest of the files that `current` was read from when the app started.
    first_digest: [u8; 32],
    /// Why the files as they are now cannot be used.
    fault: Mutex<Option<String>>,
}

/// The certificate that the next handshake uses.
#[derive(Debug)]
struct CurrentPair(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for CurrentPair {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl ServerCertificate {
    /// Creates the certificate of an app from what its files held.
    pub(super) fn new(files: CertificateFiles, pair: CertifiedKey, digest: [u8; 32]) -> Result<Self, rustls::Error> {
        let current = Arc::new(CurrentPair(ArcSwap::from_pointee(pair)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
        let (config, fault) = (Arc::new(config), Mutex::default());
        Ok(Self(Arc::new(CertificateState { files, current, config, first_digest: digest, fault })))
    }

    /// Returns the settings of handshakes, which use the current certificate.
    pub(in crate::app) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.config)
    }

    /// Returns a health check that is degraded while the files cannot be used.
    pub(in crate::app) fn health_check(&self) -> HealthCheck {
        let certificate = self.clone();
        HealthCheck::new("tls-certificate", async move || match certificate.0.fault.lock().as_deref() {
            None => HealthCheckResult::healthy(),
            Some(fault) => HealthCheckResult::degraded(fault),
        })
    }

    pub(super) fn files(&self) -> &CertificateFiles {
        &self.0.files
    }

    pub(super) fn first_digest(&self) -> [u8; 32] {
        self.0.first_digest
    }

    /// Uses this pair from now on.
    pub(super) fn replace(&self, pair: CertifiedKey) {
        self.0.current.0.store(Arc::new(pair));
        *self.0.fault.lock() = None;
    }

    /// Keeps the current pair although its files have changed.
    pub(super) fn keep(&self, fault: String) {
        *self.0.fault.lock() = Some(fault);
    }
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerCertificate").field(&self.0.files).finish()
    }
}
