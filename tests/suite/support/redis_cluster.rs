//! A Redis Cluster of one test.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use super::redis_server::RedisServer;

/// By how much the port of the cluster's bus is higher.
const BUS: u16 = 10_000;

/// All slots of a cluster.
const SLOTS: usize = 16_384;

/// A cluster of three nodes with a third of the slots each, and perhaps a replica of the node that has the slot of the
/// tests. The nodes end with their test.
pub(crate) struct RedisCluster {
    /// The last one is the replica, if there is one.
    pub(crate) nodes: Vec<RedisServer>,
    ids: Vec<String>,
    slot: String,
    owner: usize,
}

impl RedisCluster {
    /// Starts three nodes, and waits until they agree. `None` if there is no Redis, which skips the test.
    ///
    /// `prefix` is that of the store, and tells which slot matters.
    pub(crate) fn start(name: &str, prefix: &str) -> Option<Self> {
        // Soon, so that the test does not wait for long.
        Self::form(name, prefix, &["--cluster-node-timeout", "1000"], 3, false)
    }

    /// Starts three nodes, and a replica that takes over if the node with the slot fails.
    pub(crate) fn start_with_replica(name: &str, prefix: &str) -> Option<Self> {
        let mut cluster = Self::form(name, prefix, &["--cluster-node-timeout", "1000"], 4, false)?;
        let owner = cluster.ids[cluster.owner].clone();
        cluster.nodes[3].run::<()>(&["CLUSTER", "REPLICATE", &owner]);
        wait("the replica", || {
            let info: String = cluster.nodes[3].run(&["INFO", "replication"]);
            info.contains("master_link_status:up")
        });
        wait("the others to know the replica", || {
            cluster.nodes.iter().all(|node| {
                let nodes: String = node.run(&["CLUSTER", "NODES"]);
                nodes.lines().any(|line| line.contains("slave") && line.contains(&owner))
            })
        });
        cluster.owner = cluster.find_owner();
        Some(cluster)
    }

    /// Starts three nodes whose clocks the test sets.
    pub(crate) fn start_with_clock(name: &str, prefix: &str) -> Option<Self> {
        // A node whose clock is moved by hours must not take that for silence of the others.
        Self::form(name, prefix, &["--cluster-node-timeout", "2000000000"], 3, true)
    }

    fn form(name: &str, prefix: &str, options: &[&str], count: usize, with_clock: bool) -> Option<Self> {
        let clock = if with_clock { Some(RedisServer::clock()?) } else { None };
        // The part of the cluster that lives goes on without the slots of a node that was killed.
        let all =
            ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no", "--repl-ping-replica-period", "1"];
        let options = [&all[..], options].concat();
        let mut nodes = Vec::new();
        let mut ports = 0;
        while nodes.len() < count {
            ports += 1;
            assert!(ports < 200, "no free ports");
            let Some(addr) = free_ports() else { continue };
            let name = format!("{name}-{}", nodes.len());
            // Another program may take a port before the node does.
            if let Some(node) = RedisServer::start_on(&name, addr, &options, clock.clone())?
                && node.is_own()
            {
                nodes.push(node);
            }
        }
        for (index, node) in nodes.iter().enumerate() {
            node.run::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
            if index < 3 {
                let slots: Vec<String> = (SLOTS * index / 3..SLOTS * (index + 1) / 3).map(|s| s.to_string()).collect();
                let command: Vec<&str> =
                    ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots.iter().map(|s| &s[..])).collect();
                node.run::<()>(&command);
            }
            for other in &nodes[..index] {
                let (ip, port) = (other.addr().ip().to_string(), other.addr().port().to_string());
                node.run::<()>(&["CLUSTER", "MEET", &ip, &port]);
            }
        }
        let ids = nodes.iter().map(|node| node.run(&["CLUSTER", "MYID"])).collect();
        let slot: u16 = nodes[0].run(&["CLUSTER", "KEYSLOT", &format!("{{{prefix}}}:")]);
        let mut cluster = Self { nodes, ids, slot: slot.to_string(), owner: 0 };
        let (state, known) = ("cluster_state:ok", format!("cluster_known_nodes:{count}\r\n"));
        wait("the nodes to agree", || {
            cluster.nodes.iter().all(|node| {
                let info: String = node.run(&["CLUSTER", "INFO"]);
                info.contains(state) && info.contains(&known) && info.contains("cluster_slots_ok:16384")
            })
        });
        cluster.owner = cluster.find_owner();
        Some(cluster)
    }

    /// The node with the slot, according to itself.
    fn find_owner(&self) -> usize {
        self.nodes.iter().position(|node| self.has_slot(node)).expect("a node has the slot")
    }

    fn has_slot(&self, node: &RedisServer) -> bool {
        let slot: usize = self.slot.parse().unwrap();
        let Ok(nodes) = node.try_run::<String>(&["CLUSTER", "NODES"]) else { return false };
        let own = nodes.lines().find(|line| line.contains("myself")).unwrap();
        own.split(' ').skip(8).any(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let numbers = first.parse::<usize>().ok().zip(last.parse::<usize>().ok());
            numbers.is_some_and(|(first, last)| (first..=last).contains(&slot))
        })
    }

    /// Waits until the replica has taken over from the node with the slot.
    pub(crate) fn wait_for_failover(&mut self) {
        let replica = self.nodes.len() - 1;
        wait("the replica to take over", || self.has_slot(&self.nodes[replica]));
        self.owner = replica;
    }

    /// The node that has the slot.
    pub(crate) fn owner(&self) -> &RedisServer {
        &self.nodes[self.owner]
    }

    pub(crate) fn owner_mut(&mut self) -> &mut RedisServer {
        &mut self.nodes[self.owner]
    }

    /// A node that does not have the slot.
    pub(crate) fn other(&self) -> &RedisServer {
        &self.nodes[self.other_index()]
    }

    pub(crate) fn other_mut(&mut self) -> &mut RedisServer {
        let index = self.other_index();
        &mut self.nodes[index]
    }

    fn other_index(&self) -> usize {
        (self.owner + 1) % 3
    }

    /// Begins to move the slot to the node that is [`other`](Self::other), without any key.
    pub(crate) fn begin_move(&self) {
        let (from, to) = (&self.ids[self.owner], &self.ids[self.other_index()]);
        self.other().run::<()>(&["CLUSTER", "SETSLOT", &self.slot, "IMPORTING", from]);
        self.owner().run::<()>(&["CLUSTER", "SETSLOT", &self.slot, "MIGRATING", to]);
    }

    /// Moves at most so many keys of the slot. Returns how many there were.
    pub(crate) fn move_keys(&self, count: usize) -> usize {
        let keys: Vec<String> = self.owner().run(&["CLUSTER", "GETKEYSINSLOT", &self.slot, &count.to_string()]);
        let (host, port) = (self.other().addr().ip().to_string(), self.other().addr().port().to_string());
        for key in &keys {
            self.owner().run::<()>(&["MIGRATE", &host, &port, key, "0", "5000"]);
        }
        keys.len()
    }

    /// Ends the move, once there are no keys left.
    pub(crate) fn end_move(&mut self) {
        let (from, to) = (self.owner, self.other_index());
        let id = self.ids[to].clone();
        // The new node first, so that there is always one.
        for node in [to, from].into_iter().chain((0..3).filter(|node| ![from, to].contains(node))) {
            // A node that was killed learns it from the others.
            let _ = self.nodes[node].try_run::<()>(&["CLUSTER", "SETSLOT", &self.slot, "NODE", &id]);
        }
        self.owner = to;
    }

    /// Moves the slot to another node, with its keys.
    pub(crate) fn move_slot(&mut self) {
        self.begin_move();
        while self.move_keys(16) > 0 {}
        self.end_move();
    }
}

/// An address whose port and bus port are free. They are below those that the system gives to clients.
fn free_ports() -> Option<SocketAddr> {
    let port = fastrand::u16(10_000..22_000);
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (is_free(port) && is_free(port + BUS)).then(|| SocketAddr::from(([127, 0, 0, 1], port)))
}

/// Waits for a step of the cluster, for at most twenty seconds.
fn wait(what: &str, step: impl Fn() -> bool) {
    for _ in 0..1000 {
        if step() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("waited for {what}");
}
