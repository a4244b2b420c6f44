//! Where a Redis Cluster leads to: the node that a redirection names, and the nodes to try if one is gone.

use parking_lot::Mutex;
use redis::{ServerError, Value};

use super::server_address::ServerAddress;

/// How many nodes are remembered.
const MAX_NODES: usize = 8;

/// The nodes of a cluster other than that of the URL, as the last connection told them. Empty without a cluster.
#[derive(Debug, Default)]
pub(super) struct ClusterNodes(Mutex<Vec<ServerAddress>>);

impl ClusterNodes {
    pub(super) fn list(&self) -> Vec<ServerAddress> {
        self.0.lock().clone()
    }

    pub(super) fn replace(&self, nodes: Vec<ServerAddress>) {
        *self.0.lock() = nodes;
    }
}

/// The node that `MOVED` names, in a reply of the node `from`.
pub(super) fn moved_to(error: &ServerError, from: &ServerAddress) -> Option<ServerAddress> {
    if error.code() != "MOVED" {
        return None;
    }
    let (_, node) = error.details()?.trim().split_once(' ')?;
    // An IPv6 address has no brackets here.
    let (host, port) = node.rsplit_once(':')?;
    at(from, host, port.parse().ok()?)
}

/// The nodes of the reply to `CLUSTER SLOTS` other than `seed`. Those that have slots of `owner`, which replied, come
/// first: one of them takes over if it fails.
pub(super) fn nodes(slots: &Value, owner: &ServerAddress, seed: &ServerAddress) -> Vec<ServerAddress> {
    let Value::Array(ranges) = slots else { return Vec::new() };
    let mut ranges: Vec<Vec<ServerAddress>> = ranges.iter().map(|range| of_range(range, owner)).collect();
    ranges.sort_by_key(|nodes| !nodes.contains(owner));
    let mut found = Vec::new();
    for node in ranges.into_iter().flatten() {
        if node != *seed && !found.contains(&node) && found.len() < MAX_NODES {
            found.push(node);
        }
    }
    found
}

/// A range is its first and last slot, then its nodes, each with host, port and more.
fn of_range(range: &Value, from: &ServerAddress) -> Vec<ServerAddress> {
    let Value::Array(fields) = range else { return Vec::new() };
    let node = |node: &Value| {
        let Value::Array(fields) = node else { return None };
        let (host, Value::Int(port)) = (fields.first()?, fields.get(1)?) else { return None };
        let host = match host {
            Value::BulkString(host) => str::from_utf8(host).ok()?,
            Value::SimpleString(host) => host,
            Value::Nil => "",
            _ => return None,
        };
        at(from, host, u16::try_from(*port).ok()?)
    };
    fields.iter().skip(2).filter_map(node).collect()
}

/// A node without a host has that of the node which names it. `?` is a host that the node does not know.
fn at(from: &ServerAddress, host: &str, port: u16) -> Option<ServerAddress> {
    match host {
        "?" => None,
        "" => Some(from.at(&from.host, port)),
        host => Some(from.at(host, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> ServerAddress {
        ServerAddress::parse("redis://u:p@seed:7000").unwrap()
    }

    fn texts(nodes: &[ServerAddress]) -> Vec<String> {
        nodes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn redirections_are_read() {
        for (reply, expected) in [
            ("-MOVED 3999 10.0.0.2:6381\r\n", Some("redis://10.0.0.2:6381")),
            ("-MOVED 3999 ::1:6381\r\n", Some("redis://[::1]:6381")),
            ("-MOVED 3999 :6381\r\n", Some("redis://seed:6381")),
            ("-MOVED 3999 node.example:6381\r\n", Some("redis://node.example:6381")),
            ("-MOVED 3999 ?:6381\r\n", None),
            ("-MOVED 3999 10.0.0.2:99999\r\n", None),
            ("-MOVED 3999\r\n", None),
            ("-MOVED\r\n", None),
            ("-ASK 3999 10.0.0.2:6381\r\n", None),
        ] {
            let Ok(Value::ServerError(error)) = redis::parse_redis_value(reply.as_bytes()) else { panic!("{reply}") };
            let moved = moved_to(&error, &seed());
            assert_eq!(moved.as_ref().map(ToString::to_string).as_deref(), expected, "{reply}");
            if let Some(node) = moved {
                assert_eq!((node.username.as_deref(), node.password.as_deref()), (Some("u"), Some("p")));
            }
        }
    }

    fn range(nodes: &[(Value, i64)]) -> Value {
        let nodes = nodes
            .iter()
            .map(|(host, port)| Value::Array(vec![host.clone(), Value::Int(*port), Value::BulkString(b"id".to_vec())]));
        Value::Array([Value::Int(0), Value::Int(5460)].into_iter().chain(nodes).collect())
    }

    fn host(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn nodes_of_the_owner_come_first_and_the_seed_is_not_repeated() {
        let owner = seed().at("owner", 7001);
        let slots = Value::Array(vec![
            range(&[(host("seed"), 7000), (host("other"), 7003)]),
            range(&[(host("owner"), 7001), (host("replica"), 7004), (host("?"), 7005), (Value::Nil, 7006)]),
            range(&[(host("owner"), 7001), (host("third"), 7002), (host("third"), 99_999)]),
            Value::Nil,
        ]);
        let expected = ["owner:7001", "replica:7004", "owner:7006", "third:7002", "other:7003"];
        assert_eq!(texts(&nodes(&slots, &owner, &seed())), expected.map(|node| format!("redis://{node}")));
        let many: Vec<Value> = (0..100).map(|n| range(&[(host("n"), n)])).collect();
        assert_eq!(nodes(&Value::Array(many), &owner, &seed()).len(), MAX_NODES);
        assert!(nodes(&Value::Okay, &owner, &seed()).is_empty());
    }
}
