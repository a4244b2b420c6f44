//! The server of the main listener.

use std::{future::Future, io, sync::Arc};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

use super::{
    accept::accept,
    connection::{Connections, RejectedHeads, ServerLimits},
    file_limit,
    tls::TlsHandshakes,
};
use crate::app::mounted::Mounted;

/// The connections of the main listener, and the tasks that serve them.
pub(super) struct MainServer {
    pub(super) connections: Arc<Connections>,
    /// A connection has a slot for as long as its stream exists, one of its HTTP/2 tasks, or its WebSocket. So all are
    /// free once nothing is left.
    pub(super) slots: Arc<Semaphore>,
    /// The number of all slots.
    pub(super) most: u32,
    pub(super) tasks: JoinSet<()>,
}

impl MainServer {
    /// Creates the server, and starts the clock of its connections.
    pub(super) fn new(mounted: &Mounted, has_redirects: bool) -> io::Result<Self> {
        let rejected_heads = RejectedHeads::new(Arc::clone(&mounted.unmatched), mounted.clock.clone());
        let connections = Connections::new(ServerLimits::of(&mounted.config)).report(rejected_heads);
        let connections = connections.security_headers(mounted.edge.security_headers.clone());
        let connections = Arc::new(connections);
        connections.start_clock()?;
        let most = file_limit::max_connections(*mounted.config.server_max_connections, has_redirects);
        Ok(Self { connections, slots: Arc::new(Semaphore::new(most as usize)), most, tasks: JoinSet::new() })
    }

    /// Accepts connections until `stop` ends. Returns its output.
    pub(super) async fn accept<T>(
        &mut self,
        listener: &TcpListener,
        mounted: &Mounted,
        stop: impl Future<Output = T>,
    ) -> T {
        let (tls, service) = (mounted.certificate.as_ref().map(TlsHandshakes::new), mounted.service());
        let Self { connections, slots, tasks, .. } = self;
        accept((listener, slots), connections, tasks, tls.as_ref(), stop, || service.clone()).await
    }
}
