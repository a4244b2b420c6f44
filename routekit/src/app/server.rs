//! Accepts connections, and lets requests in flight finish when told to stop.
//!
//! HTTP/1.1 and HTTP/2 without TLS (h2c, prior knowledge) on one port. Not `axum::serve`: that copies the router and its
//! layers for every connection.

use std::{io, net::SocketAddr, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service as _;

use super::mount::{Mounted, Service};
use crate::{
    metrics::Exporter,
    setup::{Error, SetupProblem},
};

/// How long a client may take to send a request head.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests in flight may take to finish once the app was told to stop.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);
/// How long to wait before accepting again where the system is out of files or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// How often samples are folded into histograms.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Serves until `shutdown` ends, and then at most [`SHUTDOWN_DEADLINE`] longer.
pub(super) async fn serve(
    mounted: Mounted,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let addr = listener.local_addr().map_err(|error| SetupProblem::Serve { error })?;
    announce(&mounted, addr);
    let upkeep = tokio::spawn(upkeep(mounted.exporter.clone()));
    let service = mounted.service();
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(connection(stream, peer, service.clone(), connections.watcher()));
                }
                Err(error) if is_about_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    let in_time = tokio::time::timeout(SHUTDOWN_DEADLINE, connections.shutdown()).await.is_ok();
    if !in_time {
        tracing::warn!(
            seconds = SHUTDOWN_DEADLINE.as_secs(),
            "requests in flight were cut off by the shutdown deadline"
        );
    }
    upkeep.abort();
    Ok(())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    service: Service,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Answers are written whole; waiting to fill a packet only delays them. Failing to say so costs nothing else.
    let _ = stream.set_nodelay(true);
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT);
    server.http2().timer(TokioTimer::new()).enable_connect_protocol();
    let call = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        service.clone().call(request)
    });
    let served = watcher.watch(server.serve_connection_with_upgrades(TokioIo::new(stream), call).into_owned());
    if let Err(error) = served.await {
        // Clients that break off, and everything else that is theirs.
        tracing::debug!(error, "a connection ended early");
    }
}

async fn upkeep(exporter: Exporter) {
    let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        interval.tick().await;
        exporter.run_upkeep();
    }
}

/// Errors of the one connection that was accepted, and not of the listener.
fn is_about_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// Says what is served and where: to the log if there is one, else to the terminal.
fn announce(mounted: &Mounted, addr: SocketAddr) {
    let table = &mounted.table;
    let summary = table.summary();
    if tracing::dispatcher::has_been_set() {
        for line in table.to_string().lines() {
            tracing::info!("{line}");
        }
        tracing::info!(%addr, routes = table.rows().len(), "listening; routes: {summary}");
    } else {
        #[expect(clippy::print_stderr, reason = "nobody set up a log, and a person wants to know where to look")]
        {
            eprintln!("{table}");
            eprintln!("routes: {summary}");
            eprintln!("listening on http://{addr}");
        }
    }
}
