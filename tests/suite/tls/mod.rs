//! HTTPS on real sockets.

mod changes;
mod connections;
mod redirects;
mod setup;

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, Version};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use routekit::{config::Config, prelude::*};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

use crate::{
    support::temporary,
    wire::{self, Running},
};

/// For what takes milliseconds.
const SOON: Duration = Duration::from_secs(10);

#[get("/tls/version")]
async fn version(version: Version, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
    format!("{version:?} {}", peer.ip())
}

/// A self-signed certificate for `localhost`, with its key.
struct TestPair {
    certificate: String,
    der: CertificateDer<'static>,
    key: String,
}

impl TestPair {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { certificate: certificate.pem(), der: certificate.der().clone(), key: key.serialize_pem() }
    }
}

/// The two files of an app.
struct TestFiles {
    certificate: PathBuf,
    key: PathBuf,
}

impl TestFiles {
    /// Files in an empty directory of the test with this name.
    fn new(name: &str) -> Self {
        let dir = temporary(&format!("tls-{name}"));
        Self { certificate: dir.join("tls.crt"), key: dir.join("tls.key") }
    }

    fn write(&self, pair: &TestPair) {
        fs::write(&self.certificate, &pair.certificate).unwrap();
        fs::write(&self.key, &pair.key).unwrap();
    }

    /// A configuration file that names both.
    fn config(&self) -> Config {
        self.config_with("")
    }

    fn config_with(&self, more: &str) -> Config {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let file = format!("[server]\ntls_certificate = '{certificate}'\ntls_key = '{key}'\n{more}");
        Config::builder().toml("routekit.toml", file).build().unwrap()
    }
}

/// An app with this certificate.
async fn run(name: &str, pair: &TestPair) -> Running {
    let files = TestFiles::new(name);
    files.write(pair);
    wire::run(App::with_routes(routes![version]).config(files.config())).await
}

/// A connection whose client trusts this certificate, offers these protocols, and has got one of them.
async fn connect(addr: SocketAddr, pair: &TestPair, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(pair.der.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(addr).await?;
    let name = ServerName::try_from("localhost").unwrap();
    timeout(SOON, TlsConnector::from(Arc::new(config)).connect(name, stream)).await.expect("the server answers")
}

/// The protocol that the server has chosen.
fn chosen(stream: &TlsStream<TcpStream>) -> Option<&str> {
    stream.get_ref().1.alpn_protocol().map(|protocol| std::str::from_utf8(protocol).unwrap())
}

async fn http1(stream: TlsStream<TcpStream>) -> http1::SendRequest<Body> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn http2(stream: TlsStream<TcpStream>) -> http2::SendRequest<Body> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// The answer of `version` on this connection.
async fn version_on(connection: &mut http1::SendRequest<Body>) -> String {
    connection.ready().await.unwrap();
    let (parts, body) = wire::read(connection.send_request(wire::get("/tls/version")).await.unwrap()).await;
    assert_eq!(parts.status, 200, "{body}");
    body
}

/// The URL of `version` for a client of HTTP/2.
fn absolute(addr: SocketAddr) -> Request<Body> {
    Request::get(format!("https://localhost:{}/tls/version", addr.port())).body(Body::empty()).unwrap()
}
