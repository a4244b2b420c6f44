//! What no single value can have wrong, and what the program itself may have said wrong.

use std::time::Duration;

use super::{Config, builder::place, keys};
use crate::{setting::Setting, setup::SetupProblem};

/// Guessing a token must be hopeless.
const SHORTEST_TOKEN: usize = 16;

impl Config {
    /// Reports values that make no sense, wherever they came from.
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
                wrong("admin_token", "not all visible ASCII, so no header can bring it");
            }
        }
        if self.admin_role.as_ref().is_some_and(|role| role.trim().is_empty()) {
            wrong("admin_role", "no name of a role");
        }
        let zero = |setting: &Setting<Option<Duration>>| **setting == Some(Duration::ZERO);
        if zero(&self.timeout) {
            wrong("timeout", "zero, which no handler can keep");
        }
        if zero(&self.slow) {
            wrong("slow", "zero, by which every request is slow");
        }
        if *self.body_limit == 0 {
            wrong("body_limit", "zero, by which no body can be sent");
        }
        if *self.cache_max_bytes == 0 {
            wrong(
                "cache_max_bytes",
                "zero, by which nothing is kept; `cache_ttl = \"off\"` switches a route's cache off",
            );
        }
        if *self.cache_default_ttl == Some(Duration::ZERO) {
            wrong("cache_default_ttl", "zero, by which nothing is fresh; `off` leaves it to what answers say");
        }
        if self.cache_key_prefix.contains(|c: char| c.is_whitespace() || c.is_control()) {
            wrong("cache_key_prefix", "has white space or control characters, which not all stores take in keys");
        }
        if self.cache_key_prefix.len() as u64 >= *self.cache_max_key_length {
            wrong("cache_max_key_length", "not longer than `cache_key_prefix`, by which no key can be");
        }
        let buckets = &*self.duration_buckets;
        let rising = buckets.windows(2).all(|pair| pair[0] < pair[1]);
        if buckets.is_empty() || !rising || buckets.iter().any(|bucket| !bucket.is_finite() || *bucket <= 0.0) {
            wrong("duration_buckets", "not a rising list of positive numbers of seconds");
        }
    }
}
