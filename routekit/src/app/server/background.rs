//! The tasks of an app that run beside its requests.

use std::{future::pending, io, net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

use super::{
    accept::accept,
    connection::{Connections, ServerLimits},
    file_limit::ADMIN_CONNECTIONS,
    supervisor::Supervisor,
};
use crate::app::{monitoring, mounted::Mounted};

/// Starts the tasks of an app that listens on `addr`.
///
/// Call it after the warm-up holds readiness: the first time that the app is ready ends its start-up.
pub(super) fn start(mounted: &Mounted, supervisor: &Supervisor, addr: SocketAddr) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for verifier in mounted.verifiers.run() {
        tasks.spawn(verifier);
    }
    if let Some(metering) = mounted.run_cache_metering() {
        tasks.spawn(metering);
    }
    if let Some(watch) = mounted.watch_certificate() {
        tasks.spawn(watch);
    }
    if let Some(refresh) = mounted.health.refresh() {
        tasks.spawn(refresh);
    }
    tasks.spawn(Arc::clone(&mounted.alerts).run());
    if let Some(hot_pages) = &mounted.hot_pages {
        tasks.spawn(hot_pages.run());
    }
    tasks.spawn(monitoring::statistics::read(mounted.metrics.clone()));
    tasks.spawn(monitoring::system::watch(mounted.system.clone()));
    let health = mounted.health.clone();
    if let Some(notifications) = supervisor.run(mounted.url(addr), async move { health.until_ready().await }) {
        tasks.spawn(notifications);
    }
    tasks
}

/// Serves the admin surface in one of the tasks, until it is dropped. A shutdown does not wait for its requests.
pub(super) fn serve_admin(
    tasks: &mut JoinSet<()>,
    mounted: &Mounted,
    listener: TcpListener,
    addr: SocketAddr,
) -> io::Result<()> {
    let Some(service) = mounted.admin_service(addr.ip()) else { return Ok(()) };
    let connections = Connections::new(ServerLimits::of(&mounted.config));
    let connections = Arc::new(connections.security_headers(mounted.admin_edge.security_headers.clone()));
    connections.start_clock()?;
    tasks.spawn(async move {
        let (slots, mut open) = (Arc::new(Semaphore::new(ADMIN_CONNECTIONS as usize)), JoinSet::new());
        accept((&listener, &slots), &connections, &mut open, None, pending::<()>(), || service.clone()).await;
    });
    Ok(())
}
