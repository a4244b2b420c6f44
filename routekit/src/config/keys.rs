//! The keys of the app: their names, parsers and printers, and their text in the reference.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use http::{HeaderName, Method};

use super::{
    openapi::{OpenApiAccess, OpenApiVersion, ServeOpenApi},
    parse::{
        availability_or_off, bytes, duration_or_off, header_value_or_off, latency_or_off, limits_or_off, list,
        on_or_off, percent_or_off, proxies, share_or_off, show_bytes, show_header_value, show_limits, show_objective,
        show_on_or_off, show_percent, show_share, socket_addr,
    },
    secret::Secret,
    settings::Config,
};
use crate::{
    base::{
        setting::{Origin, Setting},
        units,
    },
    cache::{Consistency, RedisFallback},
    client_address::TrustedProxies,
    edge::CorsHeaders,
    rate_limit::RateLimitHeaders,
};

/// A key of [`Config`].
pub(super) struct ConfigKey {
    /// `timeout`, or `cache.max_bytes` for a key in the table `[cache]`.
    pub(super) name: &'static str,
    /// The effect of the setting, for `docs/configuration.md`.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test writes the reference"))]
    pub(super) doc: &'static str,
    /// Whether messages must not repeat its value.
    pub(super) secret: bool,
    /// Whether it takes several values.
    pub(super) list: bool,
    pub(super) read: fn(&mut Config, &str, Origin) -> Result<(), String>,
    pub(super) show: fn(&Config) -> (String, &Origin),
}

impl ConfigKey {
    /// The name after the prefix of variables, in lower case: `cache_max_bytes`.
    pub(super) fn variable(&self) -> String {
        self.name.replace('.', "_")
    }
}

const KEY: ConfigKey = ConfigKey {
    name: "",
    doc: "",
    secret: false,
    list: false,
    read: |_, _, _| Ok(()),
    show: |config| (String::new(), config.addr.origin()),
};

/// `$read` parses the value of the field, and `$show` prints it.
macro_rules! key {
    ($name:literal, $field:ident, $read:expr, $show:expr, $doc:literal $(, $flag:ident)?) => {
        ConfigKey {
            name: $name,
            doc: $doc,
            $($flag: true,)?
            read: |config, text, origin| {
                config.$field = Setting::new($read(text)?, origin);
                Ok(())
            },
            show: |config| ($show(&*config.$field), config.$field.origin()),
            ..KEY
        }
    };
}

pub(super) const KEYS: &[ConfigKey] = &[
    key!("addr", addr, addr, ToString::to_string, "The address that the app listens on. `localhost` is 127.0.0.1."),
    key!(
        "admin_addr",
        admin_addr,
        |text: &str| text.parse().map_err(str::to_owned),
        ToString::to_string,
        "The address that the admin surface listens on. `main` serves it beside the routes, `off` nowhere."
    ),
    key!(
        "admin_token",
        admin_token,
        |text: &str| Ok::<_, String>(Some(Secret::new(text))),
        show_secret,
        "The bearer token of operators, who may change state through the admin surface. At least 16 characters. \
         Without \
         `admin_token` and `admin_role`, the admin surface has no endpoints that change state.",
        secret
    ),
    key!(
        "admin_role",
        admin_role,
        role,
        show_role,
        "The role that makes an identity an operator. Requires a verifier."
    ),
    key!(
        "openapi.serve",
        openapi_serve,
        |text: &str| text.parse::<ServeOpenApi>().map_err(str::to_owned),
        |at: &ServeOpenApi| at.as_str().to_owned(),
        "Where the OpenAPI document (`/openapi.json`) and the page with the documentation (`/docs`) are served: \
         `admin`, on the admin surface, `main`, beside the routes, or `off`."
    ),
    key!(
        "openapi.access",
        openapi_access,
        |text: &str| text.parse::<OpenApiAccess>().map_err(str::to_owned),
        |access: &OpenApiAccess| access.as_str().to_owned(),
        "Who may read them beside the routes: `app`, as a route that declares no `auth`, `public`, everyone, or \
         `identified`, clients with valid credentials."
    ),
    key!(
        "openapi.version",
        openapi_version,
        |text: &str| text.parse::<OpenApiVersion>().map_err(str::to_owned),
        |version: &OpenApiVersion| version.as_str().to_owned(),
        "The version of the OpenAPI specification that the document follows: `3.1` or `3.2`."
    ),
    key!(
        "trusted_proxies",
        trusted_proxies,
        trusted_proxies,
        ToString::to_string,
        "Ranges of IP addresses, such as `10.0.0.0/8`, whose `Forwarded` and `X-Forwarded-For` name the client. `unix` \
         stands for connections without an address, and `none` trusts no proxy.",
        list
    ),
    key!(
        "sensitive_headers",
        sensitive_headers,
        header_names,
        show_header_names,
        "Headers whose values stay out of logs, beside `Authorization`, `Cookie` and the like.",
        list
    ),
    key!(
        "access_log",
        access_log,
        |text: &str| text.parse().map_err(|modes| format!("not {modes}")),
        ToString::to_string,
        "Which requests are logged: `all`, `errors` or `off`."
    ),
    key!(
        "timeout",
        timeout,
        duration_or_off,
        units::show_duration,
        "The timeout of routes that declare none, or `off`."
    ),
    key!("body_limit", body_limit, bytes, show_bytes, "The largest request body of routes that declare no limit."),
    key!(
        "slow",
        slow,
        duration_or_off,
        units::show_duration,
        "The duration from which a request counts as slow, for routes that declare none, or `off`."
    ),
    key!(
        "explain_requests",
        explain_requests,
        requests_or_off,
        show_requests,
        "How many requests `/requests` on the admin surface explains, or `off`: the last ones that failed, as many \
         that were slow or cancelled, and as many with a 4xx. Each needs up to 8 KiB."
    ),
    key!(
        "duration_buckets",
        duration_buckets,
        numbers,
        show_numbers,
        "The bucket boundaries of duration histograms, in seconds. Defaults to OpenTelemetry's.",
        list
    ),
    key!(
        "slo.availability",
        slo_availability,
        availability_or_off,
        show_objective,
        "The share of requests that must not fail, such as `0.999`, for routes that declare none, or `off`. The \
         generated Prometheus rules alert when its error budget burns too fast."
    ),
    key!(
        "slo.latency",
        slo_latency,
        latency_or_off,
        show_objective,
        "The share of requests that must end within a time, such as `0.99 within 300ms`, for routes that declare none, \
         or `off`. The time becomes a bucket of duration histograms."
    ),
    key!(
        "alerts.enabled",
        alerts_enabled,
        on_or_off,
        show_on_or_off,
        "Whether the app evaluates its figures and raises alerts while it serves."
    ),
    key!("alerts.interval", alerts_interval, interval, units::show, "How often the figures are evaluated."),
    key!(
        "alerts.window",
        alerts_window,
        interval,
        units::show,
        "The time before an evaluation whose requests count as the figures of a route."
    ),
    key!(
        "alerts.min_samples",
        alerts_min_samples,
        count,
        ToString::to_string,
        "How many requests a route needs in the window before an alert of it is raised."
    ),
    key!(
        "alerts.error_rate",
        alerts_error_rate,
        share_or_off,
        show_share,
        "The share of requests with a 5xx, a timeout or a panic above which an alert is raised, for routes that \
         declare none, or `off`. The threshold of mean response times is `slow`."
    ),
    key!(
        "alerts.memory_percent",
        alerts_memory_percent,
        percent_or_off,
        show_percent,
        "The memory in use, in percent of what the process may use, above which an alert is raised, or `off`."
    ),
    key!(
        "alerts.memory_growth",
        alerts_memory_growth,
        bytes_or_off,
        show_bytes_or_off,
        "The sustained growth of memory in use above which an alert is raised, or `off`."
    ),
    key!(
        "alerts.cpu_percent",
        alerts_cpu_percent,
        percent_or_off,
        show_percent,
        "The CPU time, in percent of what the process may use, above which an alert is raised, or `off`."
    ),
    key!(
        "alerts.event_loop_lag",
        alerts_event_loop_lag,
        duration_or_off,
        units::show_duration,
        "The delay of tasks of the runtime above which an alert is raised, or `off`."
    ),
    key!(
        "alerts.remind_after",
        alerts_remind_after,
        duration_or_off,
        units::show_duration,
        "How long after an alert was raised, and then after each reminder, there is a reminder that it is active, or \
         `off`."
    ),
    key!(
        "alerts.webhook",
        alerts_webhook,
        |text: &str| Ok::<_, String>(Some(Secret::new(text))),
        show_secret,
        "A URL that receives each change of an alert in a POST request, as JSON with a `text` for Slack. Messages and \
         logs do not contain it. `https` needs the Cargo feature `jwks`.",
        secret
    ),
    key!(
        "rate_limit.default",
        rate_limit_default,
        limits_or_off,
        show_limits,
        "The rate limits of routes that declare none, or `off`: each a rate, and any of `burst=20`, `per=user`, \
         `per=header:x-api-key`, `name=daily`, `mode=observe` and `shared`. These routes share them. See \
         [rate limits](crate::guide::rate_limits).",
        list
    ),
    key!(
        "rate_limit.headers",
        rate_limit_headers,
        |text: &str| text.parse::<RateLimitHeaders>().map_err(str::to_owned),
        ToString::to_string,
        "The headers that tell clients about their rate limits: `draft` (`RateLimit` and `RateLimit-Policy`), `legacy` \
         (`X-RateLimit-…`), `both` or `none`."
    ),
    key!(
        "rate_limit.max_keys",
        rate_limit_max_keys,
        count,
        ToString::to_string,
        "How many keys, such as addresses of clients, each rate limit keeps at most, in some 40 bytes each. New ones \
         share one quota beyond that."
    ),
    key!(
        "statistics.retention_days",
        statistics_retention_days,
        days,
        ToString::to_string,
        "How many days statistics reach back, from 1 to 366."
    ),
    key!("cache.max_bytes", cache_max_bytes, bytes, show_bytes, "The size of the embedded cache."),
    key!(
        "cache.default_ttl",
        cache_default_ttl,
        duration_or_off,
        units::show_duration,
        "How long a response is fresh if neither the response nor its route says so. With `off` it is not stored. \
         Cached \
         values without a TTL of their own use it too; for them, `off` means 300 s."
    ),
    key!(
        "cache.key_prefix",
        cache_key_prefix,
        |text: &str| Ok::<_, String>(text.to_owned()),
        show_key_prefix,
        "The prefix of the keys of cached values."
    ),
    key!(
        "cache.max_key_length",
        cache_max_key_length,
        bytes,
        show_bytes,
        "The longest key of a cached value in bytes, its prefix included."
    ),
    key!(
        "cache.compression_threshold",
        cache_compression_threshold,
        bytes,
        show_bytes,
        "The size from which cached values are compressed, with the Cargo feature `cache-compression`."
    ),
    key!(
        "cache.warm_up",
        cache_warm_up,
        on_or_off,
        show_on_or_off,
        "Whether the app requests its cached pages before it is ready (`App::warm`)."
    ),
    key!(
        "cache.hot_pages_file",
        cache_hot_pages_file,
        file_or_off,
        show_file,
        "A file for the URLs of the hottest cached pages, or `off`. The app writes it every minute and when it stops, \
         and requests its pages before it is ready. URLs may contain secrets, so only the user of the process may read \
         it."
    ),
    key!(
        "cache.debug_headers",
        cache_debug_headers,
        on_or_off,
        show_on_or_off,
        "Whether cached routes send a digest of their cache key as `X-Cache-Key`."
    ),
    key!(
        "redis.url",
        redis_url,
        |text: &str| Ok::<_, String>(Some(Secret::new(text))),
        show_secret,
        "The Redis or Valkey server that keeps the cache, instead of the memory of the process: \
         `redis://HOST:PORT/DATABASE`, or `rediss://…` for TLS. Needs the Cargo feature `redis`. If it is not set, \
         the variable `REDIS_URL` is used.",
        secret
    ),
    key!(
        "redis.username",
        redis_username,
        user,
        show_role,
        "The ACL user of Redis, in place of the one in `redis.url`."
    ),
    key!(
        "redis.password",
        redis_password,
        |text: &str| Ok::<_, String>(Some(Secret::new(text))),
        show_secret,
        "The password of Redis, in place of the one in `redis.url`.",
        secret
    ),
    key!(
        "redis.prefix",
        redis_prefix,
        |text: &str| Ok::<_, String>(text.to_owned()),
        show_key_prefix,
        "The prefix of all keys in Redis. Programs with the same prefix share their cache."
    ),
    key!(
        "redis.required",
        redis_required,
        on_or_off,
        show_on_or_off,
        "Whether the app only starts, and is only ready, if Redis can be reached."
    ),
    key!(
        "redis.budget",
        redis_budget,
        duration,
        units::show,
        "The longest time that a request waits for Redis, in all, from 1 ms to 250 ms; up to twice as long with shared \
         rate limits and an idempotency key. An invalidation may take five times as long."
    ),
    key!(
        "redis.horizon",
        redis_horizon,
        duration,
        units::show,
        "The longest time that an entry is kept in Redis, at most 30 days."
    ),
    key!(
        "redis.lease",
        redis_lease,
        duration,
        units::show,
        "The longest time after which an invalidation by another process counts in this one, from 100 ms to a minute. \
         Hits are answered from memory meanwhile. With `0s`, each request asks Redis."
    ),
    key!(
        "redis.consistency",
        redis_consistency,
        |text: &str| text.parse::<Consistency>().map_err(str::to_owned),
        |consistency: &Consistency| consistency.as_str().to_owned(),
        "When an invalidation by another process counts, for routes that do not declare `consistency`: `bounded`, \
         within `redis.lease`, or `strict`, at once."
    ),
    key!(
        "redis.fallback",
        redis_fallback,
        |text: &str| text.parse::<RedisFallback>().map_err(str::to_owned),
        |fallback: &RedisFallback| fallback.as_str().to_owned(),
        "What happens while Redis is away: `memory`, entries are kept in the process for up to 30 seconds, or `none`, \
         each request calls its handler."
    ),
    key!(
        "redis.breaker_commands",
        redis_breaker_commands,
        on_or_off,
        show_on_or_off,
        "Whether commands of operators to circuit breakers (`PUT /breakers/{name}`) act on all processes with the same \
         server and prefix."
    ),
    key!(
        "idempotency.ttl",
        idempotency_ttl,
        duration,
        units::show,
        "How long the response to an idempotency key is replayed, for routes that declare no `ttl`."
    ),
    key!(
        "idempotency.lease",
        idempotency_lease,
        duration,
        units::show,
        "How long the claim of an idempotency key outlives a process that crashed. A request renews its claim three \
         times as often."
    ),
    key!(
        "idempotency.claim_bytes",
        idempotency_claim_bytes,
        bytes,
        show_bytes,
        "The size of the records of idempotency keys in the embedded store, in addition to `cache.max_bytes`. Beyond \
         it, requests with new keys are answered with 503 until the `ttl` of older ones has passed."
    ),
    key!(
        "server.head_timeout",
        server_head_timeout,
        duration,
        units::show,
        "How long a client may take to send the head of a request. A late one gets a 408."
    ),
    key!(
        "server.idle_timeout",
        server_idle_timeout,
        duration,
        units::show,
        "How long a connection stays open between two requests. A proxy in front must close its connections earlier."
    ),
    key!(
        "server.body_timeout",
        server_body_timeout,
        duration,
        units::show,
        "How long the server waits for a request body in all, if the client sends less than 250 bytes per second. Each \
         byte adds 4 ms. A late one gets a 408."
    ),
    key!(
        "server.send_timeout",
        server_send_timeout,
        duration,
        units::show,
        "How long the server waits until a client takes a response, by the same rule. Then the connection, or the \
         HTTP/2 stream, is closed."
    ),
    key!(
        "server.max_connections",
        server_max_connections,
        connections,
        show_connections,
        "How many connections are open at most; others wait until one is closed. `auto` leaves 128 of the open files \
         that the process may have (192 with `server.redirect_addr`), and is at least half of them."
    ),
    key!(
        "server.max_head_bytes",
        server_max_head_bytes,
        bytes,
        show_bytes,
        "The largest head of a request. A larger one gets a 431."
    ),
    key!(
        "server.http2_max_streams",
        server_http2_max_streams,
        count,
        ToString::to_string,
        "How many requests of one HTTP/2 connection run at once."
    ),
    key!(
        "server.http2_window",
        server_http2_window,
        bytes,
        show_bytes,
        "How many bytes of request bodies one HTTP/2 connection may send before the app reads them."
    ),
    key!(
        "server.tls_certificate",
        server_tls_certificate,
        file_or_off,
        show_file,
        "The file with the certificate of the main listener and its intermediates, in PEM. With it and `tls_key`, the \
         app serves HTTPS (Cargo feature `tls`)."
    ),
    key!(
        "server.tls_key",
        server_tls_key,
        file_or_off,
        show_file,
        "The file with the key of that certificate, in PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted."
    ),
    key!(
        "server.redirect_addr",
        server_redirect_addr,
        addr_or_off,
        show_addr_or_off,
        "The address of a listener that redirects plain HTTP to HTTPS with 308, or `off`."
    ),
    key!(
        "server.redirect_port",
        server_redirect_port,
        port_or_auto,
        show_port_or_auto,
        "The port in those redirects, if clients reach HTTPS at another port than `addr` has. `auto` is that port."
    ),
    key!(
        "server.drain_delay",
        server_drain_delay,
        duration_or_zero,
        units::show,
        "How long the app takes requests after a shutdown has begun, while it is not ready any more. Not after Ctrl-C."
    ),
    key!(
        "server.shutdown_grace",
        server_shutdown_grace,
        duration_or_zero,
        units::show,
        "How long a connection without a request stays open once the app has closed its listener, so that a request on \
         its way is answered."
    ),
    key!(
        "server.shutdown_deadline",
        server_shutdown_deadline,
        duration,
        units::show,
        "How long a shutdown takes at most, with `server.drain_delay` and the shutdown hooks. Requests that are still \
         running are then cut off."
    ),
    key!(
        "security_headers.content_security_policy",
        security_headers_content_security_policy,
        header_value_or_off,
        show_header_value,
        "The `Content-Security-Policy` of responses that are not HTML pages, or `off`."
    ),
    key!(
        "security_headers.page_content_security_policy",
        security_headers_page_content_security_policy,
        header_value_or_off,
        show_header_value,
        "The `Content-Security-Policy` of HTML pages, or `off`."
    ),
    key!(
        "security_headers.referrer_policy",
        security_headers_referrer_policy,
        header_value_or_off,
        show_header_value,
        "The `Referrer-Policy` of responses, or `off`."
    ),
    key!(
        "security_headers.nosniff",
        security_headers_nosniff,
        on_or_off,
        show_on_or_off,
        "Whether responses have `X-Content-Type-Options: nosniff`."
    ),
    key!(
        "security_headers.strict_transport_security",
        security_headers_strict_transport_security,
        header_value_or_off,
        show_header_value,
        "The `Strict-Transport-Security` of responses over HTTPS, or `off`."
    ),
    key!(
        "security_headers.https",
        security_headers_https,
        on_off_or_auto,
        show_on_off_or_auto,
        "Whether all clients use HTTPS. `auto` is on if the app has a certificate; `on` is for an app behind a proxy \
         that has one."
    ),
    key!(
        "cors.origins",
        cors_origins,
        origins_or_off,
        show_origins_or_off,
        "The origins whose pages may read responses, such as `https://app.example.com`, `*` for any, or `off`.",
        list
    ),
    key!(
        "cors.methods",
        cors_methods,
        methods,
        show_methods,
        "The methods that these pages may use. `declared` is all methods that routes declare.",
        list
    ),
    key!(
        "cors.headers",
        cors_headers,
        cors_headers,
        ToString::to_string,
        "The request headers that these pages may set, or `*`.",
        list
    ),
    key!(
        "cors.expose_headers",
        cors_expose_headers,
        header_names_or_none,
        show_header_names,
        "The response headers that these pages may read, beside those that every page may, or `none`.",
        list
    ),
    key!(
        "cors.credentials",
        cors_credentials,
        on_or_off,
        show_on_or_off,
        "Whether these pages may send cookies and other credentials."
    ),
    key!(
        "cors.max_age",
        cors_max_age,
        duration_or_off,
        units::show_duration,
        "How long a browser may keep the answer to a preflight. `off` leaves it to the browser."
    ),
    key!(
        "csrf.enabled",
        csrf_enabled,
        on_or_off,
        show_on_or_off,
        "Whether unsafe requests and WebSockets of other sites are refused if their identity came from a cookie; in \
         hand-written routers, if they have a cookie."
    ),
    key!(
        "csrf.origins",
        csrf_origins,
        origins_or_none,
        show_origins,
        "The origins whose pages may send such requests, beside the app's own host and those of CORS with \
         credentials, or `none`.",
        list
    ),
    key!(
        "csrf.allow_same_site",
        csrf_allow_same_site,
        on_or_off,
        show_on_or_off,
        "Whether pages of other hosts of the same site may send such requests."
    ),
    key!(
        "compression.enabled",
        compression_enabled,
        on_or_off,
        show_on_or_off,
        "Whether responses are compressed, with the Cargo feature `compression`."
    ),
    key!(
        "compression.min_bytes",
        compression_min_bytes,
        bytes,
        show_bytes,
        "The size from which responses are compressed."
    ),
    key!(
        "decompression.enabled",
        decompression_enabled,
        on_or_off,
        show_on_or_off,
        "Whether request bodies are decompressed, with the Cargo feature `decompression`. With `off`, handlers get \
         them as they are."
    ),
];

/// Whether this is the name of a setting: `timeout`, `cache.max_bytes`.
pub(super) fn is_setting(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name)
}

fn addr(text: &str) -> Result<SocketAddr, String> {
    socket_addr(text).ok_or("not an IP address with a port, such as 127.0.0.1:3000 or [::]:3000".to_owned())
}

fn addr_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "off" { Ok(None) } else { addr(text).map(Some).map_err(|reason| format!("{reason}, and not `off`")) }
}

fn show_addr_or_off(addr: &Option<SocketAddr>) -> String {
    addr.map_or_else(|| "off".to_owned(), |addr| addr.to_string())
}

fn file_or_off(text: &str) -> Result<Option<PathBuf>, String> {
    match text {
        "off" => Ok(None),
        _ if text.trim().is_empty() => Err("must be the path of a file, or `off`".to_owned()),
        path => Ok(Some(path.into())),
    }
}

#[expect(clippy::ref_option, reason = "the macro passes the field")]
fn show_file(file: &Option<PathBuf>) -> String {
    file.as_ref().map_or_else(|| "off".to_owned(), |file| file.display().to_string())
}

#[expect(clippy::ptr_arg, reason = "the macro passes the field")]
fn show_key_prefix(prefix: &String) -> String {
    if prefix.is_empty() { "none".to_owned() } else { prefix.clone() }
}

fn duration(text: &str) -> Result<Duration, String> {
    duration_or_off(text)?.ok_or_else(|| "must be a duration: the server does not wait for ever".to_owned())
}

fn duration_or_zero(text: &str) -> Result<Duration, String> {
    if matches!(text, "off" | "0" | "0s") { Ok(Duration::ZERO) } else { duration(text) }
}

fn interval(text: &str) -> Result<Duration, String> {
    duration_or_off(text)?
        .ok_or_else(|| "must be a duration; `alerts.enabled = \"off\"` switches alerts off".to_owned())
}

fn bytes_or_off(text: &str) -> Result<Option<u64>, String> {
    if text == "off" { Ok(None) } else { bytes(text).map(Some).map_err(|reason| format!("{reason}, and not `off`")) }
}

fn show_bytes_or_off(bytes: &Option<u64>) -> String {
    bytes.as_ref().map_or_else(|| "off".to_owned(), show_bytes)
}

fn trusted_proxies(text: &str) -> Result<TrustedProxies, String> {
    // An empty list in a file is an empty text.
    if matches!(text, "none" | "") { Ok(TrustedProxies::new()) } else { proxies(text) }
}

fn days(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "not a number of days".to_owned())
}

fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "not a number".to_owned())
}

fn requests_or_off(text: &str) -> Result<u32, String> {
    if text == "off" { Ok(0) } else { text.parse().map_err(|_| "not a number of requests, and not `off`".to_owned()) }
}

fn show_requests(requests: &u32) -> String {
    if *requests == 0 { "off".to_owned() } else { requests.to_string() }
}

fn on_off_or_auto(text: &str) -> Result<Option<bool>, String> {
    match text {
        "auto" => Ok(None),
        text => on_or_off(text).map(Some).map_err(|_| "must be `on`, `off` or `auto`".to_owned()),
    }
}

fn show_on_off_or_auto(on: &Option<bool>) -> String {
    on.as_ref().map_or_else(|| "auto".to_owned(), show_on_or_off)
}

fn port_or_auto(text: &str) -> Result<Option<u16>, String> {
    match text {
        "auto" => Ok(None),
        text => text.parse().ok().filter(|port| *port > 0).map(Some).ok_or("not a port, and not `auto`".to_owned()),
    }
}

fn show_port_or_auto(port: &Option<u16>) -> String {
    port.map_or("auto".to_owned(), |port| port.to_string())
}

fn connections(text: &str) -> Result<Option<u64>, String> {
    if text == "auto" { Ok(None) } else { count(text).map(Some).map_err(|_| "not a number, and not `auto`".to_owned()) }
}

fn show_connections(connections: &Option<u64>) -> String {
    connections.map_or_else(|| "auto".to_owned(), |connections| connections.to_string())
}

fn role(text: &str) -> Result<Option<String>, String> {
    if text.trim().is_empty() { Err("must be the name of a role".to_owned()) } else { Ok(Some(text.to_owned())) }
}

fn user(text: &str) -> Result<Option<String>, String> {
    if text.trim().is_empty() { Err("must be the name of a user".to_owned()) } else { Ok(Some(text.to_owned())) }
}

#[expect(clippy::ref_option, reason = "the macro passes the field")]
fn show_role(role: &Option<String>) -> String {
    role.clone().unwrap_or_else(|| "none".to_owned())
}

fn header_names(text: &str) -> Result<Vec<HeaderName>, String> {
    list(text, |name| name.parse().map_err(|_| format!("`{name}` is not a header name")))
}

#[expect(clippy::ptr_arg, reason = "the macro passes the field")]
fn show_header_names(names: &Vec<HeaderName>) -> String {
    let names: Vec<&str> = names.iter().map(HeaderName::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn header_names_or_none(text: &str) -> Result<Vec<HeaderName>, String> {
    if text == "none" { Ok(Vec::new()) } else { header_names(text) }
}

fn cors_headers(text: &str) -> Result<CorsHeaders, String> {
    match text {
        "*" => Ok(CorsHeaders::Any),
        "" => Err("empty; `none` allows no further headers".to_owned()),
        text => header_names_or_none(text).map(CorsHeaders::List),
    }
}

/// `Config::check` reads the origins, so that it also finds mistakes of the program.
fn origins(text: &str) -> Vec<String> {
    text.split(',').map(|origin| origin.trim().to_owned()).filter(|origin| !origin.is_empty()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the macro calls a parser")]
fn origins_or_off(text: &str) -> Result<Option<Vec<String>>, String> {
    if text == "off" { Ok(None) } else { Ok(Some(origins(text))) }
}

#[expect(clippy::ref_option, reason = "the macro passes the field")]
fn show_origins_or_off(origins: &Option<Vec<String>>) -> String {
    origins.as_ref().map_or_else(|| "off".to_owned(), |origins| origins.join(", "))
}

fn origins_or_none(text: &str) -> Result<Vec<String>, String> {
    match text {
        "none" => Ok(Vec::new()),
        text if text.trim().is_empty() => Err("empty; `none` allows no further origins".to_owned()),
        text => Ok(origins(text)),
    }
}

#[expect(clippy::ptr_arg, reason = "the macro passes the field")]
fn show_origins(origins: &Vec<String>) -> String {
    if origins.is_empty() { "none".to_owned() } else { origins.join(", ") }
}

fn methods(text: &str) -> Result<Option<Vec<Method>>, String> {
    if text == "declared" {
        return Ok(None);
    }
    // `Config::check` finds unknown methods, also those of the program.
    list(text, |name| name.parse().map_err(|_| format!("`{name}` is not a method, and not `declared`"))).map(Some)
}

#[expect(clippy::ref_option, reason = "the macro passes the field")]
fn show_methods(methods: &Option<Vec<Method>>) -> String {
    let Some(methods) = methods else { return "declared".to_owned() };
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    list(text, |number| {
        number.parse().map_err(|_| format!("`{number}` is not a number; write a list such as `0.1, 0.5, 1`"))
    })
}

fn show_secret(secret: &Option<Secret>) -> String {
    secret.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
}

#[expect(clippy::ptr_arg, reason = "the macro passes the field")]
fn show_numbers(numbers: &Vec<f64>) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
