//! Checks of values from any source, including the program, and of values that depend on each other.

mod edge;

use std::time::Duration;

use super::{keys, parse, setting_problems::place, settings::Config};
use crate::{
    base::{
        http_target::{HttpTarget, UrlMistake, parse_url},
        setting::{Origin, Setting},
        setup_problem::SetupProblem,
        units,
    },
    rate_limit,
    route::is_objective,
};

/// The shortest token that cannot be guessed.
const SHORTEST_TOKEN: usize = 16;

/// The shortest time between two evaluations.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// The longest duration of a setting of alerts.
const LONGEST_OF_ALERTS: Duration = Duration::from_secs(30 * 24 * 3600);

/// The largest number of explained requests.
const MOST_EXPLAINED: u32 = 10_000;

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
        if *self.explain_requests > MOST_EXPLAINED {
            wrong("explain_requests", "more than 10000, which need up to 160 MiB");
        }
        if *self.body_limit == 0 {
            wrong("body_limit", "zero; no body would be accepted");
        }
        if *self.alerts_interval < SHORTEST_INTERVAL {
            wrong("alerts.interval", "shorter than a second");
        }
        if *self.alerts_window < *self.alerts_interval {
            wrong("alerts.window", "shorter than `alerts.interval`, so that some requests would never count");
        }
        for (name, duration) in [
            ("alerts.interval", Some(*self.alerts_interval)),
            ("alerts.window", Some(*self.alerts_window)),
            ("alerts.event_loop_lag", *self.alerts_event_loop_lag),
            ("alerts.remind_after", *self.alerts_remind_after),
        ] {
            if duration > Some(LONGEST_OF_ALERTS) {
                wrong(name, "longer than 30 days");
            }
        }
        if self.slo_availability.is_some_and(|share| !is_objective(share)) {
            wrong("slo.availability", "not a share above 0 and below 1");
        }
        if self.slo_latency.is_some_and(|objective| !objective.is_possible()) {
            wrong(
                "slo.latency",
                "its share must be above 0 and below 1, and its time whole milliseconds up to an hour",
            );
        }
        if *self.alerts_min_samples == 0 {
            wrong("alerts.min_samples", "zero; without requests, a route has no figures");
        }
        if self.alerts_error_rate.is_some_and(|share| !parse::is_share(share)) {
            wrong("alerts.error_rate", "must be above 0 and below 1, or off");
        }
        for (name, setting) in
            [("alerts.memory_percent", &self.alerts_memory_percent), ("alerts.cpu_percent", &self.alerts_cpu_percent)]
        {
            if setting.is_some_and(|percent| !parse::is_percent(percent)) {
                wrong(name, "must be from 1 to 99, or off");
            }
        }
        if *self.alerts_memory_growth == Some(0) {
            wrong("alerts.memory_growth", "zero; any process grows a little");
        }
        for (name, setting) in
            [("alerts.event_loop_lag", &self.alerts_event_loop_lag), ("alerts.remind_after", &self.alerts_remind_after)]
        {
            if is_zero(setting) {
                wrong(name, "zero; an alert would be reported at every evaluation");
            }
        }
        if let Some(Err(reason)) = self.webhook() {
            wrong("alerts.webhook", &reason);
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
        if self.idempotency_ttl.is_zero() {
            wrong(
                "idempotency.ttl",
                "zero; nothing would be replayed. `idempotent_ttl = \"off\"` switches a route off",
            );
        }
        if *self.idempotency_lease < Duration::from_secs(1) {
            wrong("idempotency.lease", "less than a second; a claim would end while its handler runs");
        }
        if *self.idempotency_claim_bytes == 0 {
            wrong("idempotency.claim_bytes", "zero; every request with an idempotency key would be answered with 503");
        }
        for (name, setting) in [
            ("server.head_timeout", &self.server_head_timeout),
            ("server.idle_timeout", &self.server_idle_timeout),
            ("server.body_timeout", &self.server_body_timeout),
            ("server.send_timeout", &self.server_send_timeout),
        ] {
            if setting.is_zero() {
                wrong(name, "zero; every client would be late");
            }
        }
        if *self.server_drain_delay >= *self.server_shutdown_deadline {
            let deadline = units::show(&self.server_shutdown_deadline);
            let origin = place("server.shutdown_deadline", self.server_shutdown_deadline.origin());
            wrong("server.drain_delay", &format!("not shorter than {origin}, which is `{deadline}` and includes it"));
        }
        if *self.server_max_connections == Some(0) {
            wrong("server.max_connections", "zero; no client could connect");
        }
        if *self.server_max_head_bytes < 8192 {
            wrong("server.max_head_bytes", "below 8 KiB, which the heads of browsers may need");
        }
        if *self.server_http2_max_streams == 0 {
            wrong("server.http2_max_streams", "zero; no HTTP/2 client could send a request");
        }
        // RFC 9113 §6.9.1, §6.9.2.
        if !(65_535..=0x7fff_ffff).contains(&*self.server_http2_window) {
            wrong("server.http2_window", "must be from 65535 bytes to 2 GiB - 1");
        }
        let [certificate, key] = [&self.server_tls_certificate, &self.server_tls_key].map(|file| file.is_some());
        let rows = [
            ("server.tls_certificate", certificate, key, "HTTPS also needs its key: set `server.tls_key`"),
            ("server.tls_key", key, certificate, "HTTPS also needs its certificate: set `server.tls_certificate`"),
            (
                "server.redirect_addr",
                self.server_redirect_addr.is_some(),
                certificate || key,
                "the app does not serve HTTPS: set `server.tls_certificate` and `server.tls_key`",
            ),
        ];
        for (name, is_set, has_other, reason) in rows {
            if is_set && !cfg!(feature = "tls") {
                wrong(name, "needs the feature `tls` of the crate `routekit`, in Cargo.toml");
            } else if is_set && !has_other {
                wrong(name, reason);
            }
        }
        if *self.rate_limit_max_keys == 0 {
            wrong("rate_limit.max_keys", "zero; all clients would share one quota");
        }
        if let Some(mistake) = rate_limit::mistake(&self.rate_limit_default) {
            wrong("rate_limit.default", &mistake);
        }
        if self.security_headers_strict_transport_security.as_ref().is_some_and(|policy| !parse::has_max_age(policy)) {
            wrong(
                "security_headers.strict_transport_security",
                "must have a `max-age` in seconds, as in `max-age=31536000`; `off` removes the header",
            );
        }
        for (name, reason) in edge::cors(self) {
            wrong(name, &reason);
        }
        if let Some(reason) = edge::invalid_origins(&self.csrf_origins) {
            wrong("csrf.origins", &reason);
        }
        if *self.compression_enabled && !cfg!(feature = "compression") {
            wrong("compression.enabled", "needs the feature `compression` of the crate `routekit`, in Cargo.toml");
        }
        let is_set = *self.decompression_enabled && *self.decompression_enabled.origin() != Origin::Default;
        if is_set && !cfg!(feature = "decompression") {
            wrong("decompression.enabled", "needs the feature `decompression` of the crate `routekit`, in Cargo.toml");
        }
        if !(1..=366).contains(&*self.statistics_retention_days) {
            wrong("statistics.retention_days", "must be from 1 to 366");
        }
        let buckets = &*self.duration_buckets;
        let rising = buckets.windows(2).all(|pair| pair[0] < pair[1]);
        if buckets.is_empty() || !rising || buckets.iter().any(|bucket| !bucket.is_finite() || *bucket <= 0.0) {
            wrong("duration_buckets", "must be a rising list of positive numbers of seconds");
        }
    }

    /// Returns the target of `alerts.webhook`, or why its URL cannot be used. A reason does not repeat the URL.
    pub(crate) fn webhook(&self) -> Option<Result<HttpTarget, String>> {
        const EXAMPLE: &str = "write one such as `https://hooks.example.com/services/…`";
        let url = self.alerts_webhook.as_ref()?.expose();
        let uri = parse_url(url).map_err(|mistake| match mistake {
            UrlMistake::Syntax(error) => format!("not a URL ({error}); {EXAMPLE}"),
            UrlMistake::NotAbsolute | UrlMistake::NoHost => format!("not an absolute URL; {EXAMPLE}"),
            UrlMistake::UserInfo => "must not contain a user or a password; a secret belongs in its path".to_owned(),
            UrlMistake::Scheme => format!("must begin with `https://` or `http://`; {EXAMPLE}"),
        });
        Some(uri.and_then(HttpTarget::new))
    }
}
