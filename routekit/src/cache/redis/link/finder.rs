//! Finds the server that accepts the writes of a cache.
//!
//! An attempt begins at the address of the URL. A node of a Redis Cluster answers `MOVED` if another one has the slot
//! of the keys, and that one is tried next. If the address of the URL leads to nothing, the nodes are tried that the
//! last connection told.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use redis::{Value, aio::AsyncPushSender};

use super::{
    connect::{ConnectFault, RedisConnection, RedisConnector},
    probe::WriteProbe,
    redirect::{ClusterNodes, moved_to, nodes},
    server_address::ServerAddress,
};
use crate::deadline::within;

/// The longest that one server takes to be connected.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(2);

/// How often a server that answers too late is asked again. A short stall of a busy process is not its fault.
const PROBES: usize = 3;

/// How many redirections an attempt follows. While a slot moves, nodes may name each other for a while.
const MAX_REDIRECTIONS: usize = 4;

/// Opens connections to the server that has the keys.
pub(super) struct ServerFinder {
    pub(super) connector: RedisConnector,
    probe: WriteProbe,
    /// The longest time for the answer to a command.
    pub(super) budget: Duration,
    nodes: ClusterNodes,
    connections: AtomicU64,
}

/// What a server answered to the probe.
enum WriteProbeAnswer {
    Accepted,
    Moved(ServerAddress),
}

impl ServerFinder {
    pub(super) fn new(connector: RedisConnector, budget: Duration, probe: WriteProbe) -> Self {
        Self { connector, probe, budget, nodes: ClusterNodes::default(), connections: AtomicU64::new(0) }
    }

    /// Connects to the server that accepts writes. The fault is that of the address in the URL.
    pub(super) async fn find(&self) -> Result<RedisConnection, ConnectFault> {
        let seed = &self.connector.address;
        let fault = match self.follow(seed.clone()).await {
            Ok(connection) => return Ok(connection),
            Err(fault) => fault,
        };
        for node in self.nodes.list() {
            match self.follow(node.clone()).await {
                // By now, the address may be that of a server which has nothing to do with the cluster.
                Ok(connection) if connection.server.is_cluster => return Ok(connection),
                Ok(_) => {}
                Err(fault) => tracing::debug!(server = %node, reason = fault.reason, "a node cannot be used"),
            }
        }
        Err(fault)
    }

    /// Connects to a server, or to the node that it names.
    async fn follow(&self, mut address: ServerAddress) -> Result<RedisConnection, ConnectFault> {
        for _ in 0..=MAX_REDIRECTIONS {
            let number = self.connections.fetch_add(1, Ordering::Relaxed);
            let connector = self.connector.at(address);
            let unanswered = || Err(ConnectFault::unreachable(format!("no answer within {ATTEMPT_LIMIT:?}")));
            let connection = within(ATTEMPT_LIMIT, connector.connect(number)).await.unwrap_or_else(unanswered)?;
            match self.probe(&connection).await? {
                WriteProbeAnswer::Accepted => {
                    self.remember_nodes(&connection).await;
                    return Ok(connection);
                }
                WriteProbeAnswer::Moved(node) => address = node,
            }
        }
        Err(ConnectFault::unreachable("the nodes of the cluster do not agree on which of them has the slot"))
    }

    /// Opens a connection to this server that receives what is published on a channel.
    pub(super) async fn subscribe(
        &self,
        address: ServerAddress,
        channel: &str,
        on_push: impl AsyncPushSender,
    ) -> Result<RedisConnection, ConnectFault> {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let connector = self.connector.at(address);
        let opened = within(ATTEMPT_LIMIT, connector.subscribe(number, channel, on_push)).await;
        opened.unwrap_or_else(|| Err(ConnectFault::unreachable(format!("no answer within {ATTEMPT_LIMIT:?}"))))
    }

    /// A server that answers too slowly is not used: each request would wait for its budget.
    async fn probe(&self, connection: &RedisConnection) -> Result<WriteProbeAnswer, ConnectFault> {
        let mut multiplexed = connection.multiplexed.clone();
        let (commands, count) = self.probe.commands(connection);
        for _ in 0..PROBES {
            let replies = match within(self.budget, multiplexed.send_packed_commands(&commands, 0, count)).await {
                Some(replies) => replies.map_err(ConnectFault::unreachable)?,
                None => continue,
            };
            for reply in replies {
                let Value::ServerError(error) = reply else { continue };
                if let Some(node) = moved_to(&error, &connection.address) {
                    return Ok(WriteProbeAnswer::Moved(node));
                }
                // Without memory, entries that are there can be read and invalidated.
                if error.code() != "OOM" {
                    return Err(ConnectFault::of(&error.into()));
                }
            }
            return Ok(WriteProbeAnswer::Accepted);
        }
        Err(ConnectFault::unreachable(format!("no answer within {:?}", self.budget)))
    }

    /// Asks a cluster for its nodes. A user without the permission gets none, and depends on the address of the URL.
    async fn remember_nodes(&self, connection: &RedisConnection) {
        if !connection.server.is_cluster {
            return self.nodes.replace(Vec::new());
        }
        let mut multiplexed = connection.multiplexed.clone();
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        if let Some(Ok(slots @ Value::Array(_))) = within(self.budget, multiplexed.send_packed_command(&command)).await
        {
            self.nodes.replace(nodes(&slots, &connection.address, &self.connector.address));
        }
    }
}
