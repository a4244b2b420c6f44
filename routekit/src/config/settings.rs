use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use http::HeaderName;

use super::{admin_addr::AdminAddr, route::RouteConfig, secret::Secret};
use crate::{access_log::AccessLogMode, base::setting::Setting, body_limit, cache, metrics};

/// The settings of an app. See the [module docs](crate::config).
///
/// `Display` prints them with their origins and without secrets.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The address that the app listens on.
    pub addr: Setting<SocketAddr>,
    /// Where the admin surface is served.
    pub admin_addr: Setting<AdminAddr>,
    /// The bearer token of operators.
    pub admin_token: Setting<Option<Secret>>,
    /// The role that makes an identity an operator.
    pub admin_role: Setting<Option<String>>,
    /// Headers whose values stay out of logs, in addition to `Authorization`, `Cookie` and the like.
    pub sensitive_headers: Setting<Vec<HeaderName>>,
    /// Which requests are logged.
    pub access_log: Setting<AccessLogMode>,
    /// The timeout of routes that declare none.
    pub timeout: Setting<Option<Duration>>,
    /// The largest request body, in bytes, of routes that declare no limit.
    pub body_limit: Setting<u64>,
    /// The duration from which a request counts as slow, for routes that declare none.
    pub slow: Setting<Option<Duration>>,
    /// `cache.max_bytes`: the size of the embedded cache.
    pub cache_max_bytes: Setting<u64>,
    /// `cache.default_ttl`: how long a response is fresh if neither the response nor its route says so, and how long a
    /// cached value without a TTL of its own is fresh.
    pub cache_default_ttl: Setting<Option<Duration>>,
    /// `cache.key_prefix`: the prefix of the keys of cached values.
    pub cache_key_prefix: Setting<String>,
    /// `cache.max_key_length`: the longest key of a cached value in bytes, its prefix included.
    pub cache_max_key_length: Setting<u64>,
    /// `cache.compression_threshold`: the size in bytes from which cached values are compressed.
    pub cache_compression_threshold: Setting<u64>,
    /// `cache.warm_up`: whether the app requests its cached pages before it is ready ([`App::warm`](crate::App::warm)).
    pub cache_warm_up: Setting<bool>,
    /// `cache.debug_headers`: whether cached routes send a digest of their cache key.
    pub cache_debug_headers: Setting<bool>,
    /// The bucket boundaries of duration histograms, in seconds.
    pub duration_buckets: Setting<Vec<f64>>,
    /// The settings of single routes, by method and path: `GET /v2/users`.
    pub(crate) routes: BTreeMap<String, RouteConfig>,
}

impl Default for Config {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            addr: Setting::default_to(local(3000)),
            admin_addr: Setting::default_to(AdminAddr::Own(local(9091))),
            admin_token: Setting::default_to(None),
            admin_role: Setting::default_to(None),
            sensitive_headers: Setting::default_to(Vec::new()),
            access_log: Setting::default_to(AccessLogMode::Errors),
            timeout: Setting::default_to(None),
            body_limit: Setting::default_to(body_limit::DEFAULT_BYTES),
            slow: Setting::default_to(Some(Duration::from_secs(1))),
            cache_max_bytes: Setting::default_to(cache::DEFAULT_BYTES),
            cache_default_ttl: Setting::default_to(None),
            cache_key_prefix: Setting::default_to("api:cache:".to_owned()),
            cache_max_key_length: Setting::default_to(250),
            cache_compression_threshold: Setting::default_to(1024),
            cache_warm_up: Setting::default_to(true),
            cache_debug_headers: Setting::default_to(false),
            duration_buckets: Setting::default_to(metrics::DURATION_BUCKETS.to_vec()),
            routes: BTreeMap::new(),
        }
    }
}
