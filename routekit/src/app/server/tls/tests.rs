//! Slow clients of a listener with TLS, in memory and on paused time.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::Request;
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{PrivatePkcs8KeyDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower::service_fn;

use super::handshakes::TlsHandshakes;
use crate::{
    app::server::connection::{ClosingStage, Connections, ServerLimits},
    config::Config,
};

const SECOND: Duration = Duration::from_secs(1);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server with one connection.
struct TlsTestServer {
    client: DuplexStream,
    connector: TlsConnector,
    connections: Arc<Connections>,
    served: JoinHandle<()>,
    task_size: usize,
}

/// Starts a server that answers with a body of this size.
fn server(size: usize) -> TlsTestServer {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let client_config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();

    let connections = Arc::new(Connections::new(ServerLimits::of(&Config::default())));
    let ticking = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            sleep(SECOND).await;
            ticking.tick();
        }
    });
    let (client, stream) = tokio::io::duplex(1024);
    let body = Bytes::from(vec![b'x'; size]);
    let service = service_fn(move |_: Request<Body>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::from(body.clone()))))
    });
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let serve = TlsHandshakes::from_config(config.into()).serve(stream, peer, service, connections.open(None));
    let task_size = size_of_val(&serve);
    let served = tokio::spawn(serve);
    TlsTestServer { client, connector: TlsConnector::from(Arc::new(client_config)), connections, served, task_size }
}

impl TlsTestServer {
    async fn handshake(self) -> (TlsStream<DuplexStream>, JoinHandle<()>) {
        let name = ServerName::try_from("localhost").unwrap();
        (self.connector.connect(name, self.client).await.unwrap(), self.served)
    }
}

/// Waits until the connection is closed. Returns how long that took.
async fn ended(served: JoinHandle<()>) -> Duration {
    let start = Instant::now();
    tokio::time::timeout(300 * SECOND, served).await.expect("it is closed").unwrap();
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn client_without_a_handshake_is_closed_after_the_head_timeout() {
    // The beginning of a ClientHello: a record of 512 bytes.
    for (name, bytes) in [("no byte", &b""[..]), ("half a record", b"\x16\x03\x01\x02\x00\x01")] {
        let mut server = server(1);
        server.client.write_all(bytes).await.unwrap();
        let after = ended(server.served).await;
        assert!((30 * SECOND..=32 * SECOND).contains(&after), "{name}: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn handshake_and_first_byte_of_a_head_share_a_timeout() {
    let server = server(1);
    sleep(20 * SECOND).await;
    let (_client, served) = server.handshake().await;
    let after = ended(served).await;
    assert!((10 * SECOND..=12 * SECOND).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn handshake_does_not_delay_shutdown() {
    let server = server(1);
    sleep(SECOND).await;
    server.connections.advance(ClosingStage::Closing);
    let after = ended(server.served).await;
    assert!(after <= 2 * SECOND, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn plain_request_to_a_tls_port_is_closed() {
    let mut server = server(1);
    server.client.write_all(REQUEST).await.unwrap();
    let after = ended(server.served).await;
    assert!(after <= SECOND, "{after:?}");
    let mut answer = Vec::new();
    server.client.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn client_that_reads_nothing_is_closed_after_the_send_timeout() {
    // The first one fits into the buffer of TLS, so that only the socket below shows that it is not taken.
    for size in [20_000, 1_000_000] {
        let (mut client, served) = server(size).handshake().await;
        client.write_all(REQUEST).await.unwrap();
        let after = ended(served).await;
        assert!((30 * SECOND..=32 * SECOND).contains(&after), "{size} bytes: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_reader_gets_its_response_and_a_trickle_does_not() {
    for (bytes_per_second, complete) in [(500, true), (100, false)] {
        let (mut client, served) = server(100_000).handshake().await;
        client.write_all(REQUEST).await.unwrap();
        let start = Instant::now();
        // Between two ticks of the clock.
        sleep(SECOND / 2).await;
        // Below TLS, as a slow network does.
        let (mut socket, _session) = client.into_inner();
        let mut left = 100_000;
        let mut buffer = vec![0; bytes_per_second];
        while left > 0 && !served.is_finished() {
            let read = socket.read(&mut buffer).await.unwrap();
            left -= read.min(left);
            sleep(SECOND).await;
        }
        assert_eq!(left == 0, complete, "{bytes_per_second} bytes per second: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connection_ends_with_close_notify() {
    let (mut client, served) = server(1).handshake().await;
    client.write_all(REQUEST).await.unwrap();
    // Without close_notify, this is an error.
    client.read_to_end(&mut Vec::new()).await.unwrap();
    let after = ended(served).await;
    assert!(after <= SECOND, "{after:?}");
}

#[tokio::test]
async fn task_of_a_connection_does_not_hold_its_tls_state_several_times() {
    let server = server(1);
    assert!(server.task_size < 3 * 1024, "{} bytes", server.task_size);
}
