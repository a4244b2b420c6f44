//! What can be set without writing code, and where each value came from.
//!
//! 1. In order of rising weight: defaults, the file `routekit.toml` (or the one that `ROUTEKIT_CONFIG` names), environment
//!    variables `ROUTEKIT_…`, and [`App::configure`](crate::App::configure).
//! 2. An unknown key, a value that cannot be read and a file that cannot be parsed each keep the app from starting. All are
//!    reported together, each with its source.
//! 3. Policies of one route are set by its method and path; that wins over the route's attribute, so that a timeout can be
//!    changed where the app is deployed. A route that does not exist is an error.
//! 4. A `TestApp` reads neither file nor environment.
//!
//! | key | default | |
//! | --- | --- | --- |
//! | `addr` | `127.0.0.1:3000` | what the app listens on |
//! | `admin_addr` | `127.0.0.1:9091` | what the admin surface listens on; `main`: beside the routes; `off` |
//! | `admin_token` | none | who may change state through the admin surface; whoever has the `admin_role` can too; without either nobody |
//! | `admin_role` | none | the role with which an identity may do the same; wants a verifier |
//! | `sensitive_headers` | none | headers that are kept out of logs, beside `Authorization`, `Cookie` and their like |
//! | `access_log` | `errors` | which requests are logged: `all`, `errors`, `off` |
//! | `timeout` | `off` | for routes that declare none |
//! | `body_limit` | `1MiB` | for routes that declare none |
//! | `slow` | `1s` | from when on a request counts as slow, for routes that declare nothing; `off` |
//! | `cache_max_bytes` | `64MiB` | how much the embedded cache keeps |
//! | `cache_default_ttl` | `off` | how long answers of cached routes are fresh where neither they nor their route say it; `off`: not at all. For cached values, `off` is 300 s |
//! | `cache_key_prefix` | `api:cache:` | what keys of cached values begin with |
//! | `cache_max_key_length` | `250` | how many bytes such a key may have, its prefix included |
//! | `cache_compression_threshold` | `1KiB` | from which size on cached values are compressed |
//! | `cache_warm_up` | `on` | whether the app asks for its cached pages before it is ready ([`App::warm`](crate::App::warm)) |
//! | `cache_debug_headers` | `off` | whether cached routes send a digest of their key as `X-Cache-Key` |
//! | `duration_buckets` | OpenTelemetry's | boundaries of duration histograms, in seconds |
//!
//! Durations are seconds or `250ms`, `5m`, `1h30m`; sizes are bytes or `64KiB`, `1MiB`. Variables have the key in capitals:
//! `ROUTEKIT_ADDR`. Routes can be set in the file:
//!
//! ```toml
//! addr = "0.0.0.0:8080"
//! timeout = "10s"
//!
//! [route."GET /v2/users"]
//! timeout = "5s"
//! body_limit = "64KiB"
//! slow = "250ms"
//! cache_ttl = "30s"   # of a route that declares `cache`; "off": it is not cached
//! ```

mod admin_addr;
mod builder;
mod check;
mod keys;
mod route;
mod secret;

use std::{
    collections::BTreeMap,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use http::HeaderName;

pub use self::{admin_addr::AdminAddr, builder::ConfigBuilder, secret::Secret};
pub(crate) use self::{
    builder::{PREFIX, invalid_file, place},
    route::RouteConfig,
};
use crate::{access_log::AccessLogMode, body_limit, cache, metrics, setting::Setting};

/// The settings of an app. See the [module docs](crate::config).
///
/// `Display` lists them with their origins and without secrets.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// What the app listens on.
    pub addr: Setting<SocketAddr>,
    /// Where the admin surface is served.
    pub admin_addr: Setting<AdminAddr>,
    /// Who may change state through the admin surface.
    pub admin_token: Setting<Option<Secret>>,
    /// The role with which an identity may do the same.
    pub admin_role: Setting<Option<String>>,
    /// Headers whose values are kept out of logs, beside those that always are.
    pub sensitive_headers: Setting<Vec<HeaderName>>,
    /// Which requests are logged.
    pub access_log: Setting<AccessLogMode>,
    /// How long handlers may take whose route says nothing.
    pub timeout: Setting<Option<Duration>>,
    /// Bytes that routes take which say nothing.
    pub body_limit: Setting<u64>,
    /// From when on a request counts as slow.
    pub slow: Setting<Option<Duration>>,
    /// Bytes that the embedded cache keeps.
    pub cache_max_bytes: Setting<u64>,
    /// How long answers of cached routes are fresh where neither they nor their route say it, and values whose caller does not.
    pub cache_default_ttl: Setting<Option<Duration>>,
    /// What keys of cached values begin with.
    pub cache_key_prefix: Setting<String>,
    /// Bytes that such a key may have, its prefix included.
    pub cache_max_key_length: Setting<u64>,
    /// From how many bytes on cached values are compressed.
    pub cache_compression_threshold: Setting<u64>,
    /// Whether the app asks for its cached pages before it is ready ([`App::warm`](crate::App::warm)).
    pub cache_warm_up: Setting<bool>,
    /// Whether cached routes send a digest of their key.
    pub cache_debug_headers: Setting<bool>,
    /// Boundaries of duration histograms, in seconds.
    pub duration_buckets: Setting<Vec<f64>>,
    /// By `GET /v2/users`.
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

impl Config {
    /// From a file and variables that are at hand, instead of the ones that the process has.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in keys::KEYS {
            let (value, origin) = (key.show)(self);
            writeln!(f, "{} = {value} ({origin})", key.name)?;
        }
        for (route, config) in &self.routes {
            for key in route::KEYS {
                if let Some((value, origin)) = (key.show)(config) {
                    writeln!(f, "route.\"{route}\".{} = {value} ({origin})", key.name)?;
                }
            }
        }
        Ok(())
    }
}
