//! The names of keys in Redis.

use crate::cache::store::key::Key;

/// The keys of one cache. They all have the prefix as their hash tag, so that they are on one slot of a Redis Cluster
/// and a script may use several of them.
#[derive(Debug, Clone)]
pub(super) struct KeyLayout {
    prefix: String,
    /// The hash with the clock, its epoch, and the numbers of tags.
    pub(super) clock: String,
    /// The hash of the period before.
    pub(super) before: String,
    /// The hash of claims.
    pub(super) claims: String,
    /// The ends of the times of claims, as a sorted set.
    pub(super) claim_ends: String,
    /// The hash of commands to circuit breakers.
    pub(super) commands: String,
    /// A key that is only written to see whether the server accepts writes.
    pub(super) probe: String,
    /// The channel of invalidations.
    pub(super) channel: String,
}

impl KeyLayout {
    /// The keys with this prefix. The error says what is wrong with it.
    pub(super) fn new(prefix: &str) -> Result<Self, String> {
        if prefix.is_empty() || prefix.len() > 64 {
            return Err("must have between 1 and 64 bytes".to_owned());
        }
        if let Some(wrong) = prefix.chars().find(|c| matches!(c, '{' | '}') || c.is_whitespace() || c.is_control()) {
            return Err(format!("must not contain {wrong:?}: braces mark the part of a key that selects its slot"));
        }
        let key = |name: &str| format!("{{{prefix}}}:{name}");
        Ok(Self {
            prefix: prefix.to_owned(),
            clock: key("clock"),
            before: key("clock:before"),
            claims: key("claims"),
            claim_ends: key("claims:ends"),
            commands: key("breakers"),
            probe: key("probe"),
            channel: key("invalidations"),
        })
    }

    /// The key of an entry. It reveals nothing about the request.
    pub(super) fn entry(&self, key: &Key) -> String {
        format!("{{{}}}:e:{}", self.prefix, key.digest())
    }

    /// The turn to fill the entry of a key.
    pub(super) fn turn(&self, key: &Key) -> String {
        format!("{{{}}}:t:{}", self.prefix, key.digest())
    }

    /// The key of a quota of a rate limit, from its digest.
    pub(super) fn quota(&self, digest: [u8; 16]) -> String {
        format!("{{{}}}:l:{:032x}", self.prefix, u128::from_be_bytes(digest))
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of a key that selects its slot (Redis Cluster specification, "Hash tags").
    fn hash_tag(key: &str) -> &str {
        let tag = key.find('{').and_then(|open| key[open + 1..].split_once('}'));
        tag.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()).unwrap_or(key)
    }

    #[test]
    fn keys_of_a_prefix_are_on_one_slot() {
        let keys = KeyLayout::new("shop:v2").unwrap();
        let (entry, turn) = (keys.entry(&Key::new(*b"a}b{c")), keys.turn(&Key::new(*b"a}b{c")));
        let quota = keys.quota([7; 16]);
        let KeyLayout { clock, before, claims, claim_ends, commands, probe, channel, .. } = &keys;
        let all = [clock, before, claims, claim_ends, commands, probe, channel, &entry, &turn, &quota];
        for key in all {
            assert_eq!(hash_tag(key), "shop:v2", "{key}");
        }
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn prefixes_that_change_the_slot_are_rejected() {
        for prefix in ["", "a{b", "}", "a b", "a\n", &"x".repeat(65)] {
            assert!(KeyLayout::new(prefix).is_err(), "{prefix:?}");
        }
    }
}
