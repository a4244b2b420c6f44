//! What a server tells about itself.

use std::collections::HashMap;

/// What a server told about itself when the connection opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cache::redis) struct ServerInfo {
    /// Differs after each start of the server.
    pub(in crate::cache::redis) run_id: String,
    pub(in crate::cache::redis) version: String,
    pub(in crate::cache::redis) is_replica: bool,
    pub(in crate::cache::redis) is_cluster: bool,
    /// The bound of its memory in bytes; 0 for none.
    pub(in crate::cache::redis) max_memory: u64,
    pub(in crate::cache::redis) eviction_policy: String,
}

/// The oldest version that is supported: 6.0.
const OLDEST: u64 = 6;

impl ServerInfo {
    /// Reads the output of `INFO`. `None` if it is not that.
    pub(super) fn parse(info: &str) -> Option<Self> {
        let fields = fields(info);
        let text = |name: &str| fields.get(name).copied().unwrap_or_default().to_owned();
        let info = Self {
            run_id: text("run_id"),
            version: text("redis_version"),
            is_replica: fields.get("role").is_some_and(|role| *role != "master"),
            is_cluster: fields.get("redis_mode").is_some_and(|mode| *mode == "cluster"),
            max_memory: fields.get("maxmemory").and_then(|bytes| bytes.parse().ok()).unwrap_or(0),
            eviction_policy: text("maxmemory_policy"),
        };
        (!info.run_id.is_empty() && !info.version.is_empty()).then_some(info)
    }

    /// Whether the server is too old.
    pub(in crate::cache::redis) fn is_too_old(&self) -> bool {
        let major = self.version.split('.').next().and_then(|major| major.parse::<u64>().ok());
        major.is_some_and(|major| major < OLDEST)
    }

    /// What to change so that the server keeps what it must keep. `None` if it does.
    pub(in crate::cache::redis) fn eviction_warning(&self) -> Option<String> {
        if !self.eviction_policy.starts_with("allkeys-") {
            return None;
        }
        Some(format!(
            "Redis may evict the clock of the cache and its claims, since its `maxmemory-policy` is `{}`: each time, \
             all entries become misses, and requests with an idempotency key may run twice. Set it to \
             `volatile-lru`, or to another `volatile-…` policy, or to `noeviction`",
            self.eviction_policy
        ))
    }
}

/// The lines `name:value` of the output of `INFO`.
pub(in crate::cache::redis) fn fields(info: &str) -> HashMap<&str, &str> {
    info.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\n\r\n# Memory\r\n\
                        maxmemory:1048576\r\nmaxmemory_policy:allkeys-lru\r\n# Replication\r\nrole:slave\r\n";

    #[test]
    fn info_is_read() {
        let info = ServerInfo::parse(INFO).unwrap();
        let expected = ServerInfo {
            run_id: "abc".to_owned(),
            version: "7.0.15".to_owned(),
            is_replica: true,
            is_cluster: false,
            max_memory: 1 << 20,
            eviction_policy: "allkeys-lru".to_owned(),
        };
        assert_eq!(info, expected);
        assert!(info.eviction_warning().is_some_and(|warning| warning.contains("volatile-lru")));
        assert_eq!(ServerInfo::parse("redis_version:7.0.15"), None, "without an identity");
    }

    #[test]
    fn versions_before_six_are_too_old() {
        for (version, expected) in
            [("5.0.14", true), ("2.8", true), ("6.0.0", false), ("7.2.4", false), ("10.0", false)]
        {
            let info = ServerInfo { version: version.to_owned(), ..ServerInfo::default() };
            assert_eq!(info.is_too_old(), expected, "{version}");
        }
    }

    #[test]
    fn policies_that_keep_the_clock_need_no_warning() {
        for (policy, expected) in
            [("noeviction", false), ("volatile-lru", false), ("allkeys-random", true), ("", false)]
        {
            let info = ServerInfo { eviction_policy: policy.to_owned(), ..ServerInfo::default() };
            assert_eq!(info.eviction_warning().is_some(), expected, "{policy}");
        }
    }
}
