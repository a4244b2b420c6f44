//! The keys of one route.

use std::time::Duration;

use super::keys::{bytes, duration_or_off, on_or_off, show_bytes, show_on_or_off};
use crate::{
    setting::{Origin, Setting},
    units::show_duration,
};

/// What configuration says about one route, in place of its attribute.
#[derive(Debug, Clone)]
pub(crate) struct RouteConfig {
    /// Who named the route.
    pub(crate) origin: Origin,
    pub(crate) timeout: Option<Setting<Option<Duration>>>,
    pub(crate) body_limit: Option<Setting<u64>>,
    pub(crate) slow: Option<Setting<Option<Duration>>>,
    /// `None`: it is not cached.
    pub(crate) cache_ttl: Option<Setting<Option<Duration>>>,
    pub(crate) concurrency: Option<Setting<Option<u32>>>,
    /// Whether it has the circuit breaker that it declares.
    pub(crate) breaker: Option<Setting<bool>>,
}

impl RouteConfig {
    /// Nothing but the route itself.
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, timeout: None, body_limit: None, slow: None, cache_ttl: None, concurrency: None, breaker: None }
    }
}

/// A key of [`RouteConfig`].
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut RouteConfig, &str, Origin) -> Result<(), String>,
    pub(super) show: fn(&RouteConfig) -> Option<(String, &Origin)>,
}

macro_rules! key {
    ($field:ident, $read:expr, $show:expr) => {
        Key {
            name: stringify!($field),
            read: |config, text, origin| {
                config.$field = Some(Setting::new($read(text)?, origin));
                Ok(())
            },
            show: |config| config.$field.as_ref().map(|setting| ($show(&**setting), setting.origin())),
        }
    };
}

pub(super) const KEYS: &[Key] = &[
    key!(timeout, duration_or_off, show_duration),
    key!(body_limit, bytes, show_bytes),
    key!(slow, duration_or_off, show_duration),
    key!(cache_ttl, duration_or_off, show_duration),
    key!(concurrency, count_or_off, show_count),
    key!(breaker, on_or_off, show_on_or_off),
];

fn count_or_off(text: &str) -> Result<Option<u32>, String> {
    match text.parse() {
        _ if text == "off" => Ok(None),
        Ok(0) => Err("zero, by which no request is answered; `off` is no limit".to_owned()),
        Ok(count) => Ok(Some(count)),
        Err(_) => Err("not a number of requests such as `64`, and not `off`".to_owned()),
    }
}

fn show_count(count: &Option<u32>) -> String {
    count.map_or_else(|| "off".to_owned(), |count| count.to_string())
}
