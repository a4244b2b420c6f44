use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use http::{HeaderName, HeaderValue, Method};

use super::{
    admin_addr::AdminAddr,
    app_settings::AppSettings,
    openapi::{OpenApiAccess, OpenApiVersion, ServeOpenApi},
    route::RouteConfig,
    secret::Secret,
};
use crate::{
    access_log::AccessLogMode,
    base::setting::Setting,
    body_limit,
    cache::{self, Consistency, RedisFallback},
    client_address::TrustedProxies,
    edge::{CorsHeaders, cors, security_headers},
    idempotency, metrics,
    rate_limit::{self, Limit, RateLimitHeaders},
    route::{LatencyObjective, Ratio},
};

/// Defines [`Config`]: for each setting its field, its default, a getter and a setter.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident, $set:ident: $value:ty = $default:expr;)+) => {
        /// The settings of an app. The [module docs](crate::config) list all of them with their defaults.
        ///
        /// `Display` prints them with their origins and without secrets.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(pub(crate) $name: Setting<$value>,)+
            /// The settings of single routes, by method and path: `GET /v2/users`.
            pub(crate) routes: BTreeMap<String, RouteConfig>,
            /// The settings of the program.
            pub(super) app: AppSettings,
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: Setting::default_to($default),)+ routes: BTreeMap::new(), app: AppSettings::default() }
            }
        }

        impl Config {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> &Setting<$value> {
                    &self.$name
                }

                #[doc = concat!("Sets [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                pub fn $set(&mut self, value: $value) {
                    self.$name = value.into();
                }
            )+
        }
    };
}

settings! {
    /// Returns the address that the app listens on.
    addr, set_addr: SocketAddr = local(3000);

    /// Returns where the admin surface is served.
    admin_addr, set_admin_addr: AdminAddr = AdminAddr::Own(local(9091));

    /// Returns the bearer token of operators.
    admin_token, set_admin_token: Option<Secret> = None;

    /// Returns the role that makes an identity an operator.
    admin_role, set_admin_role: Option<String> = None;

    /// Returns `openapi.serve`: where the OpenAPI document is served.
    openapi_serve, set_openapi_serve: ServeOpenApi = ServeOpenApi::Admin;

    /// Returns `openapi.access`: who may read the OpenAPI document on the main listener.
    openapi_access, set_openapi_access: OpenApiAccess = OpenApiAccess::App;

    /// Returns `openapi.version`: the version of the specification that the OpenAPI document follows.
    openapi_version, set_openapi_version: OpenApiVersion = OpenApiVersion::V3_1;

    /// Returns the proxies that name their clients ([`client_address`](crate::client_address)).
    trusted_proxies, set_trusted_proxies: TrustedProxies = TrustedProxies::new();

    /// Returns the headers whose values stay out of logs, in addition to `Authorization`, `Cookie` and the like.
    sensitive_headers, set_sensitive_headers: Vec<HeaderName> = Vec::new();

    /// Returns which requests are logged.
    access_log, set_access_log: AccessLogMode = AccessLogMode::Errors;

    /// Returns the timeout of routes that declare none.
    timeout, set_timeout: Option<Duration> = None;

    /// Returns the largest request body, in bytes, of routes that declare no limit.
    body_limit, set_body_limit: u64 = body_limit::DEFAULT_BYTES;

    /// Returns how many requests that failed or were slow are kept with the decisions of policies; 0 if none.
    explain_requests, set_explain_requests: u32 = 0;

    /// Returns the duration from which a request counts as slow, for routes that declare none.
    slow, set_slow: Option<Duration> = Some(Duration::from_secs(1));

    /// Returns `slo.availability`: the share of requests that must not fail, for routes that declare none.
    slo_availability, set_slo_availability: Option<Ratio> = None;

    /// Returns `slo.latency`: the share of requests that must end within a time, for routes that declare none.
    slo_latency, set_slo_latency: Option<LatencyObjective> = None;

    /// Returns `alerts.enabled`: whether the app raises alerts while it serves.
    alerts_enabled, set_alerts_enabled: bool = true;

    /// Returns `alerts.interval`: how often the figures are evaluated.
    alerts_interval, set_alerts_interval: Duration = Duration::from_secs(30);

    /// Returns `alerts.window`: the time before an evaluation whose requests count as the figures of a route.
    alerts_window, set_alerts_window: Duration = Duration::from_secs(300);

    /// Returns `alerts.min_samples`: how many requests a route needs in the window before an alert of it is raised.
    alerts_min_samples, set_alerts_min_samples: u64 = 20;

    /// Returns `alerts.error_rate`: the share of failed requests above which an alert is raised, for routes that
    /// declare none.
    alerts_error_rate, set_alerts_error_rate: Option<f64> = Some(0.05);

    /// Returns `alerts.memory_percent`: the memory in use above which an alert is raised.
    alerts_memory_percent, set_alerts_memory_percent: Option<u8> = Some(80);

    /// Returns `alerts.memory_growth`: the sustained growth, in bytes, above which an alert is raised.
    alerts_memory_growth, set_alerts_memory_growth: Option<u64> = Some(100 << 20);

    /// Returns `alerts.cpu_percent`: the CPU time above which an alert is raised.
    alerts_cpu_percent, set_alerts_cpu_percent: Option<u8> = Some(80);

    /// Returns `alerts.event_loop_lag`: the delay of tasks above which an alert is raised.
    alerts_event_loop_lag, set_alerts_event_loop_lag: Option<Duration> = Some(Duration::from_millis(100));

    /// Returns `alerts.remind_after`: how long after the last report there is a reminder of an active alert.
    alerts_remind_after, set_alerts_remind_after: Option<Duration> = Some(Duration::from_secs(3600));

    /// Returns `alerts.webhook`: the URL that receives each change of an alert.
    alerts_webhook, set_alerts_webhook: Option<Secret> = None;

    /// Returns `rate_limit.default`: the rate limits of routes that declare none. These routes share them.
    rate_limit_default, set_rate_limit_default: Vec<Limit> = Vec::new();

    /// Returns `rate_limit.headers`: the headers that tell clients about their rate limits.
    rate_limit_headers, set_rate_limit_headers: RateLimitHeaders = RateLimitHeaders::Draft;

    /// Returns `rate_limit.max_keys`: how many keys each rate limit keeps at most.
    rate_limit_max_keys, set_rate_limit_max_keys: u64 = rate_limit::DEFAULT_MAX_KEYS as u64;

    /// Returns `statistics.retention_days`: how many days statistics reach back.
    statistics_retention_days, set_statistics_retention_days: u16 = 30;

    /// Returns `cache.max_bytes`: the size of the embedded cache.
    cache_max_bytes, set_cache_max_bytes: u64 = cache::DEFAULT_BYTES;

    /// Returns `cache.default_ttl`: how long a response is fresh if neither the response nor its route says so, and how
    /// long a cached value without a TTL of its own is fresh.
    cache_default_ttl, set_cache_default_ttl: Option<Duration> = None;

    /// Returns `cache.key_prefix`: the prefix of the keys of cached values.
    cache_key_prefix, set_cache_key_prefix: String = "api:cache:".to_owned();

    /// Returns `cache.max_key_length`: the longest key of a cached value in bytes, its prefix included.
    cache_max_key_length, set_cache_max_key_length: u64 = 250;

    /// Returns `cache.compression_threshold`: the size in bytes from which cached values are compressed.
    cache_compression_threshold, set_cache_compression_threshold: u64 = 1024;

    /// Returns `cache.warm_up`: whether the app requests its cached pages before it is ready
    /// ([`App::warm`](crate::App::warm)).
    cache_warm_up, set_cache_warm_up: bool = true;

    /// Returns `cache.hot_pages_file`: the file in which the app keeps the URLs of its hottest cached pages for the
    /// warm-up of its next start. `None` keeps none.
    cache_hot_pages_file, set_cache_hot_pages_file: Option<PathBuf> = None;

    /// Returns `cache.debug_headers`: whether cached routes send a digest of their cache key.
    cache_debug_headers, set_cache_debug_headers: bool = false;

    /// Returns `redis.url`: the server that keeps the cache, instead of the memory of the process.
    redis_url, set_redis_url: Option<Secret> = None;

    /// Returns `redis.username`: the ACL user, in place of the one in `redis.url`.
    redis_username, set_redis_username: Option<String> = None;

    /// Returns `redis.password`, in place of the one in `redis.url`.
    redis_password, set_redis_password: Option<Secret> = None;

    /// Returns `redis.prefix`: the prefix of all keys in Redis.
    redis_prefix, set_redis_prefix: String = "routekit".to_owned();

    /// Returns `redis.required`: whether the app only starts, and is only ready, if Redis can be reached.
    redis_required, set_redis_required: bool = false;

    /// Returns `redis.budget`: the longest time that a request waits for Redis, in all.
    redis_budget, set_redis_budget: Duration = Duration::from_millis(50);

    /// Returns `redis.horizon`: the longest time that an entry is kept in Redis.
    redis_horizon, set_redis_horizon: Duration = Duration::from_secs(24 * 3600);

    /// Returns `redis.lease`: the longest time after which an invalidation by another process counts in this one; zero
    /// if each request asks Redis.
    redis_lease, set_redis_lease: Duration = Duration::from_secs(1);

    /// Returns `redis.consistency`: when an invalidation by another process counts, for routes that do not declare it.
    redis_consistency, set_redis_consistency: Consistency = Consistency::Bounded;

    /// Returns `redis.fallback`: what happens while Redis is away.
    redis_fallback, set_redis_fallback: RedisFallback = RedisFallback::Memory;

    /// Returns `redis.breaker_commands`: whether commands of operators to circuit breakers act on all processes.
    redis_breaker_commands, set_redis_breaker_commands: bool = false;

    /// Returns `idempotency.ttl`: how long the response to an idempotency key is replayed, for routes that declare no
    /// `ttl`.
    idempotency_ttl, set_idempotency_ttl: Duration = idempotency::DEFAULT_TTL;

    /// Returns `idempotency.lease`: how long the claim of an idempotency key outlives a process that crashed.
    idempotency_lease, set_idempotency_lease: Duration = idempotency::DEFAULT_LEASE;

    /// Returns `idempotency.claim_bytes`: the size of the records of idempotency keys in the embedded store.
    idempotency_claim_bytes, set_idempotency_claim_bytes: u64 = cache::DEFAULT_CLAIM_BYTES;

    /// Returns `server.head_timeout`: how long a client may take to send the head of a request.
    server_head_timeout, set_server_head_timeout: Duration = Duration::from_secs(30);

    /// Returns `server.idle_timeout`: how long a connection stays open between two requests.
    server_idle_timeout, set_server_idle_timeout: Duration = Duration::from_secs(75);

    /// Returns `server.body_timeout`: how long a client may let the server wait for a request body.
    server_body_timeout, set_server_body_timeout: Duration = Duration::from_secs(30);

    /// Returns `server.send_timeout`: how long a client may let the server wait until it takes a response.
    server_send_timeout, set_server_send_timeout: Duration = Duration::from_secs(30);

    /// Returns `server.max_connections`: how many connections are open at most. `None` depends on the limit of open
    /// files.
    server_max_connections, set_server_max_connections: Option<u64> = None;

    /// Returns `server.max_head_bytes`: the largest head of a request, in bytes.
    server_max_head_bytes, set_server_max_head_bytes: u64 = 64 * 1024;

    /// Returns `server.http2_max_streams`: how many requests of an HTTP/2 connection run at once.
    server_http2_max_streams, set_server_http2_max_streams: u64 = 100;

    /// Returns `server.http2_window`: how many bytes of request bodies an HTTP/2 connection may have in flight.
    server_http2_window, set_server_http2_window: u64 = 1024 * 1024;

    /// Returns `server.tls_certificate`: the file with the certificate of the main listener.
    server_tls_certificate, set_server_tls_certificate: Option<PathBuf> = None;

    /// Returns `server.tls_key`: the file with the key of that certificate.
    server_tls_key, set_server_tls_key: Option<PathBuf> = None;

    /// Returns `server.redirect_addr`: the address that redirects plain HTTP to HTTPS.
    server_redirect_addr, set_server_redirect_addr: Option<SocketAddr> = None;

    /// Returns `server.redirect_port`: the port of HTTPS in redirects. `None` is the port of the app.
    server_redirect_port, set_server_redirect_port: Option<u16> = None;

    /// Returns `server.drain_delay`: how long the app takes requests after a shutdown has begun.
    server_drain_delay, set_server_drain_delay: Duration = Duration::from_secs(5);

    /// Returns `server.shutdown_grace`: how long a connection without a request stays open once the app closes.
    server_shutdown_grace, set_server_shutdown_grace: Duration = Duration::from_millis(500);

    /// Returns `server.shutdown_deadline`: how long a shutdown takes at most.
    server_shutdown_deadline, set_server_shutdown_deadline: Duration = Duration::from_secs(30);

    /// Returns `security_headers.content_security_policy`: the policy of responses that are not HTML pages.
    security_headers_content_security_policy, set_security_headers_content_security_policy: Option<HeaderValue> =
        Some(security_headers::CONTENT_SECURITY_POLICY);

    /// Returns `security_headers.page_content_security_policy`: the policy of HTML pages.
    security_headers_page_content_security_policy, set_security_headers_page_content_security_policy:
        Option<HeaderValue> = Some(security_headers::PAGE_CONTENT_SECURITY_POLICY);

    /// Returns `security_headers.referrer_policy`: the `Referrer-Policy` of responses.
    security_headers_referrer_policy, set_security_headers_referrer_policy: Option<HeaderValue> =
        Some(security_headers::REFERRER_POLICY);

    /// Returns `security_headers.nosniff`: whether responses have `X-Content-Type-Options: nosniff`.
    security_headers_nosniff, set_security_headers_nosniff: bool = true;

    /// Returns `security_headers.strict_transport_security`: the `Strict-Transport-Security` of responses over HTTPS.
    security_headers_strict_transport_security, set_security_headers_strict_transport_security: Option<HeaderValue> =
        Some(security_headers::STRICT_TRANSPORT_SECURITY);

    /// Returns `security_headers.https`: whether all clients use HTTPS. `None` is whether the app has a certificate.
    security_headers_https, set_security_headers_https: Option<bool> = None;

    /// Returns `cors.origins`: the origins whose pages may read responses; `*` is any. `None` switches CORS off.
    cors_origins, set_cors_origins: Option<Vec<String>> = None;

    /// Returns `cors.methods`: the methods that these pages may use. `None` is all that routes declare.
    cors_methods, set_cors_methods: Option<Vec<Method>> = None;

    /// Returns `cors.headers`: the request headers that these pages may set.
    cors_headers, set_cors_headers: CorsHeaders = CorsHeaders::default();

    /// Returns `cors.expose_headers`: the response headers that these pages may read.
    cors_expose_headers, set_cors_expose_headers: Vec<HeaderName> = Vec::new();

    /// Returns `cors.credentials`: whether these pages may send cookies and other credentials.
    cors_credentials, set_cors_credentials: bool = false;

    /// Returns `cors.max_age`: how long a browser may keep the answer to a preflight.
    cors_max_age, set_cors_max_age: Option<Duration> = Some(cors::DEFAULT_MAX_AGE);

    /// Returns `csrf.enabled`: whether requests of other sites with an identity from a cookie are refused.
    csrf_enabled, set_csrf_enabled: bool = true;

    /// Returns `csrf.origins`: the origins whose pages may send such requests.
    csrf_origins, set_csrf_origins: Vec<String> = Vec::new();

    /// Returns `csrf.allow_same_site`: whether pages of other hosts of the same site may send such requests.
    csrf_allow_same_site, set_csrf_allow_same_site: bool = false;

    /// Returns `compression.enabled`: whether responses are compressed.
    compression_enabled, set_compression_enabled: bool = false;

    /// Returns `compression.min_bytes`: the size from which responses are compressed.
    compression_min_bytes, set_compression_min_bytes: u64 = 1024;

    /// Returns `decompression.enabled`: whether request bodies are decompressed, with the feature `decompression`.
    decompression_enabled, set_decompression_enabled: bool = true;

    /// Returns the bucket boundaries of duration histograms, in seconds.
    duration_buckets, set_duration_buckets: Vec<f64> = metrics::DURATION_BUCKETS.to_vec();
}

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
