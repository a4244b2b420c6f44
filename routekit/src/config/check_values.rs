//! Checks of values from any source, including the program, and of values that depend on each other.

use std::time::Duration;

use super::{keys, setting_problems::place, settings::Config};
use crate::{base::setting::Setting, base::setup_problem::SetupProblem};

/// The shortest token that cannot be guessed.
const SHORTEST_TOKEN: usize = 16;

impl Config {
    /// Reports values that have no useful meaning, whatever their source.
    pub(crate) fn check(&self, problems: &mut Vec<SetupProblem>) {
        let mut wrong = |name: &str, reason: &str| {
            let shown = keys::KEYS.iter().find(|key| key.name == name).map(|key| (key.show)(self));
            if let Some((value, origin)) = shown {
                problems.push(SetupProblem::invalid_setting(place(name, origin), &value, reason));
            }
        };
        if let Some(token) = &*self.admin_token {
            if token.len() < SHORTEST_TOKEN {
                wrong("admin_token", "shorter than 16 characters");
            } else if !token.is_visible_ascii() {
                wrong("admin_token", "must be visible ASCII characters, or no header can contain it");
            }
        }
        if self.admin_role.as_ref().is_some_and(|role| role.trim().is_empty()) {
            wrong("admin_role", "must be the name of a role");
        }
        let is_zero = |setting: &Setting<Option<Duration>>| **setting == Some(Duration::ZERO);
        if is_zero(&self.timeout) {
            wrong("timeout", "zero; every request would time out");
        }
        if is_zero(&self.slow) {
            wrong("slow", "zero; every request would count as slow");
        }
        if *self.body_limit == 0 {
            wrong("body_limit", "zero; no body would be accepted");
        }
        if *self.cache_max_bytes == 0 {
            wrong(
                "cache.max_bytes",
                "zero; nothing would be stored. `cache_ttl = \"off\"` switches the cache of a route off",
            );
        }
        if *self.cache_default_ttl == Some(Duration::ZERO) {
            wrong("cache.default_ttl", "zero; nothing would be fresh. With `off`, only what responses say counts");
        }
        if self.cache_key_prefix.contains(|c: char| c.is_whitespace() || c.is_control()) {
            wrong("cache.key_prefix", "has white space or control characters, which some stores reject in keys");
        }
        if self.cache_key_prefix.len() as u64 >= *self.cache_max_key_length {
            wrong("cache.max_key_length", "must be longer than `cache.key_prefix`, or no key fits");
        }
        let buckets = &*self.duration_buckets;
        let rising = buckets.windows(2).all(|pair| pair[0] < pair[1]);
        if buckets.is_empty() || !rising || buckets.iter().any(|bucket| !bucket.is_finite() || *bucket <= 0.0) {
            wrong("duration_buckets", "must be a rising list of positive numbers of seconds");
        }
    }
}
