//! Accepts connections, and lets requests in flight finish when told to stop.
//!
//! HTTP/1.1 and HTTP/2 without TLS (h2c, prior knowledge) on one port. Not `axum::serve`: that copies the router and its
//! layers for every connection.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tower_service::Service as _;

use super::mount::{Mounted, Service};
use crate::{
    metrics::Exporter,
    setup::{Error, SetupProblem},
};

/// How long a client may take to send a request head.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection that has asked for nothing yet may still do so once the app was told to stop.
const LAST_MOMENT: Duration = Duration::from_millis(500);
/// How long requests in flight may take to finish once the app was told to stop.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);
/// How long to wait before accepting again where the system is out of files or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// How often samples are folded into histograms.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Serves until `stop` ends, and then until the requests in flight are answered: at most [`SHUTDOWN_DEADLINE`] longer,
/// and not beyond the end of `abort`.
pub(super) async fn serve(
    mounted: Mounted,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    abort: impl Future<Output = ()>,
) -> Result<(), Error> {
    let addr = listener.local_addr().map_err(|error| SetupProblem::Serve { error })?;
    announce(&mounted, addr);
    let mut background = JoinSet::new();
    background.spawn(upkeep(mounted.exporter.clone()));

    // Dropped at the end, and with it whatever still runs.
    let mut tasks = JoinSet::new();
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    accept(&listener, stop, &mut tasks, |stream, peer| {
        let connection = Connection { stream, peer, service: mounted.service(), stopped: stopped.clone() };
        connection.serve(connections.watcher())
    })
    .await;
    drop((listener, stopping));

    tokio::select! {
        () = connections.shutdown() => return Ok(()),
        () = tokio::time::sleep(SHUTDOWN_DEADLINE) => {}
        () = abort => {}
    }
    while tasks.try_join_next().is_some() {}
    Err(SetupProblem::CutOff { connections: tasks.len() }.into())
}

/// Gives every connection a task, until `stop` ends.
async fn accept<F: Future<Output = ()> + Send + 'static>(
    listener: &TcpListener,
    stop: impl Future<Output = ()>,
    tasks: &mut JoinSet<()>,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => drop(tasks.spawn(serve(stream, peer))),
                Err(error) if is_about_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // Those that have ended are forgotten.
            Some(_) = tasks.join_next() => {}
            () = &mut stop => return,
        }
    }
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    service: Service,
    /// Closed once the app was told to stop.
    stopped: watch::Receiver<()>,
}

impl Connection {
    async fn serve(mut self, watcher: Watcher) {
        // Answers are written whole; waiting to fill a packet only delays them. Failing to say so costs nothing else.
        let _ = self.stream.set_nodelay(true);
        let mut server = auto::Builder::new(TokioExecutor::new());
        server.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT);
        server.http2().timer(TokioTimer::new()).keep_alive_interval(HEADER_READ_TIMEOUT).enable_connect_protocol();
        let asked = Arc::new(AtomicBool::new(false));
        let (peer, service, asks) = (self.peer, self.service, Arc::clone(&asked));
        let call = service_fn(move |request: Request<Incoming>| {
            asks.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            // A router is always ready.
            service.clone().call(request)
        });
        let served = server.serve_connection_with_upgrades(TokioIo::new(self.stream), call).into_owned();
        // hyper's own timeout begins once it knows the protocol, and its graceful end waits for a head that has begun.
        let silent = async {
            tokio::select! {
                () = tokio::time::sleep(HEADER_READ_TIMEOUT) => {}
                _ = self.stopped.changed() => tokio::time::sleep(LAST_MOMENT).await,
            }
            if asked.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            served = watcher.watch(served) => if let Err(error) = served {
                // Clients that break off, and everything else that is theirs.
                tracing::debug!(error, "a connection ended early");
            },
            () = silent => tracing::debug!("a connection asked for nothing"),
        }
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
