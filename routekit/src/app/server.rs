//! Accepts connections, and lets requests in flight finish when told to stop.
//!
//! HTTP/1.1 and HTTP/2 without TLS (h2c, prior knowledge) on one port. Not `axum::serve`: that copies the router and its
//! layers for every connection.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo, response::Response};
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
use tower_service::Service;

use super::{announce, mounted::Mounted};
use crate::{
    config::{AdminAddr, Config},
    setting::Origin,
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

/// Where connections come in.
pub(super) struct Listeners {
    pub(super) main: TcpListener,
    /// For the admin surface, if it is apart.
    pub(super) admin: Option<TcpListener>,
}

/// Listens where the configuration says. An admin listener that was given is taken as it is.
pub(super) async fn bind(config: &Config, admin: Option<TcpListener>) -> Result<Listeners, Error> {
    let mut problems = Vec::new();
    let main = listen(*config.addr, config.addr.origin(), "ROUTEKIT_ADDR").await;
    let admin = match (admin, &*config.admin_addr) {
        (None, AdminAddr::Own(addr)) => {
            Some(listen(*addr, config.admin_addr.origin(), "ROUTEKIT_ADMIN_ADDR").await).transpose()
        }
        (given, _) => Ok(given),
    };
    match (main, admin) {
        (Ok(main), Ok(admin)) => return Ok(Listeners { main, admin }),
        (main, admin) => problems.extend(main.err().into_iter().chain(admin.err())),
    }
    Err(Error::new(problems))
}

async fn listen(addr: SocketAddr, origin: &Origin, variable: &'static str) -> Result<TcpListener, SetupProblem> {
    let setting = origin.to_string();
    TcpListener::bind(addr).await.map_err(|error| {
        let or = if variable == "ROUTEKIT_ADMIN_ADDR" { ", or to `main` or `off`" } else { "" };
        let fix = format!("set {variable} to another address{or}");
        SetupProblem::new("bind", format!("cannot listen on {addr} ({setting}): {error}\n  {fix}")).at(setting)
    })
}

/// Serves until `stop` ends, and then until the requests in flight are answered: at most [`SHUTDOWN_DEADLINE`] longer,
/// and not beyond the end of `abort`.
pub(super) async fn serve(
    mounted: Mounted,
    listeners: Listeners,
    stop: impl Future<Output = ()>,
    abort: impl Future<Output = ()>,
) -> Result<(), Error> {
    let addr_of = |listener: &TcpListener| {
        listener
            .local_addr()
            .map_err(|error| SetupProblem::new("serve", format!("the server failed: {error}")).after_start())
    };
    let addr = addr_of(&listeners.main)?;
    let admin = listeners.admin.and_then(|listener| Some((listener, mounted.admin_service()?)));
    let admin_addr = admin.as_ref().map(|(listener, _)| addr_of(listener)).transpose()?;
    announce::announce(&mounted, addr, admin_addr);

    // Dropped at the end, and with it whatever still runs.
    let mut tasks = JoinSet::new();
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    // Goes on until the end: a drain is worth watching. Nobody waits for its requests.
    let mut background = JoinSet::new();
    for verifier in mounted.verifiers.run() {
        background.spawn(verifier);
    }
    if let Some(metering) = mounted.run_cache_metering() {
        background.spawn(metering);
    }
    if let Some((listener, service)) = admin {
        let stopped = stopped.clone();
        background.spawn(async move {
            let mut tasks = JoinSet::new();
            let unwatched = GracefulShutdown::new();
            accept(&listener, std::future::pending(), &mut tasks, |stream, peer| {
                let connection = Connection { stream, peer, service: service.clone(), stopped: stopped.clone() };
                connection.serve(unwatched.watcher())
            })
            .await;
        });
    }
    let warm_up = warm_up(&mounted, addr);
    accept(&listeners.main, stop, &mut tasks, |stream, peer| {
        let connection = Connection { stream, peer, service: mounted.service(), stopped: stopped.clone() };
        connection.serve(connections.watcher())
    })
    .await;
    // For good: nobody releases what has come to its end.
    std::mem::forget(mounted.readiness.hold("shutting down"));
    // Nobody will ask for what it brings.
    drop((listeners.main, stopping, warm_up));

    tokio::select! {
        () = connections.shutdown() => return Ok(()),
        () = tokio::time::sleep(SHUTDOWN_DEADLINE) => {}
        () = abort => {}
    }
    while tasks.try_join_next().is_some() {}
    let message = format!("{} connections were cut off: their requests did not finish in time", tasks.len());
    Err(SetupProblem::new("cut-off", message).after_start().into())
}

/// Begins to ask for the pages that are to be in the cache, and holds readiness red meanwhile. Dropped, it ends.
fn warm_up(mounted: &Mounted, addr: SocketAddr) -> JoinSet<()> {
    let mut task = JoinSet::new();
    let warm_up = mounted.warm_up(Some(addr));
    if !warm_up.is_empty() {
        let hold = mounted.readiness.hold("warming up the cache");
        task.spawn(async move {
            warm_up.run().await.log();
            drop(hold);
        });
    }
    task
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

struct Connection<S> {
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    /// Closed once the app was told to stop.
    stopped: watch::Receiver<()>,
}

impl<S> Connection<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
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

/// Errors of the one connection that was accepted, and not of the listener.
fn is_about_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
