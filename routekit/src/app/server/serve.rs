//! Serves an app, from its first connection to its last.

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet};

use super::{
    accept::accept,
    connection::{Connections, ServerLimits},
    file_limit,
    listeners::BoundListeners,
    redirects::Redirects,
    tls::TlsHandshakes,
};
use crate::{
    app::{announce, mounted::Mounted},
    base::setup_problem::{Error, SetupProblem},
};

/// How long requests in flight may take to finish once the app stops.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// Serves until `stop` ends and then finishes the requests in flight: for at most [`SHUTDOWN_DEADLINE`], and not beyond
/// the end of `abort`.
pub(in crate::app) async fn serve(
    mounted: Mounted,
    listeners: BoundListeners,
    stop: impl Future<Output = ()>,
    abort: impl Future<Output = ()>,
) -> Result<(), Error> {
    let failed = |error: io::Error| SetupProblem::new("serve", format!("the server failed: {error}")).after_start();
    let addr_of = |listener: &TcpListener| listener.local_addr().map_err(failed);
    let addr = addr_of(&listeners.main)?;
    let admin_addr = listeners.admin.as_ref().map(addr_of).transpose()?;
    let admin_service = admin_addr.and_then(|addr| mounted.admin_service(addr.ip()));
    let admin = listeners.admin.zip(admin_service);
    let tls = mounted.certificate.as_ref().map(TlsHandshakes::new);
    let redirects = Redirects::bind(&mounted.config)?;
    announce::announce(&mounted, addr, admin_addr);

    let limits = ServerLimits::of(&mounted.config);
    // Dropped at the end, which ends every task in them. They run until then, so that a shutdown can be observed. It
    // does not wait for their requests.
    let (mut tasks, mut background) = (JoinSet::new(), JoinSet::new());
    for verifier in mounted.verifiers.run() {
        background.spawn(verifier);
    }
    if let Some(metering) = mounted.run_cache_metering() {
        background.spawn(metering);
    }
    if let Some(watch) = mounted.watch_certificate() {
        background.spawn(watch);
    }
    let redirects = redirects.map(|redirects| redirects.serve(&limits, addr.port())).transpose().map_err(failed)?;
    if let Some((listener, service)) = admin {
        let connections = Arc::new(Connections::new(limits.clone()));
        connections.start_clock().map_err(failed)?;
        background.spawn(async move {
            // Until the task is dropped.
            let listener = (&listener, file_limit::ADMIN_CONNECTIONS);
            accept(listener, &connections, &mut JoinSet::new(), None, pending(), || service.clone()).await;
        });
    }
    let connections = Arc::new(Connections::new(limits.clone()));
    connections.start_clock().map_err(failed)?;
    let mut warm_up = warm_up(&mounted, addr);
    // After the warm-up holds readiness: the first time that the app is ready ends its start-up.
    if let Some(refresh) = mounted.health.refresh() {
        background.spawn(refresh);
    }
    let most = file_limit::max_connections(*mounted.config.server_max_connections, redirects.is_some());
    accept((&listeners.main, most), &connections, &mut tasks, tls.as_ref(), stop, || mounted.service()).await;
    // Never released: an app that stops does not become ready again.
    std::mem::forget(mounted.readiness.hold("shutting down"));
    connections.stop();
    // The port is free from here on, and no request will need the pages of the warm-up. It has ended before the last
    // line of the log.
    drop(listeners.main);
    drop(redirects);
    warm_up.shutdown().await;

    tokio::select! {
        () = async { while tasks.join_next().await.is_some() {} } => {
            announce::stopped(0);
            return Ok(());
        }
        () = tokio::time::sleep(SHUTDOWN_DEADLINE) => {}
        () = abort => {}
    }
    while tasks.try_join_next().is_some() {}
    announce::stopped(tasks.len());
    let message = format!("{} connections were cut off: their requests did not finish in time", tasks.len());
    Err(SetupProblem::new("cut-off", message).after_start().into())
}

/// Starts the warm-up. The app is not ready until it has ended. Dropping the set ends it.
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
