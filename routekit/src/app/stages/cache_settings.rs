//! The settings of the cache, which come from the configuration unless the program built the cache itself.

use crate::{
    base::{
        setting::{Origin, Setting},
        setup_problem::SetupProblem,
        units,
    },
    cache::{Cache, CacheBuilder},
    config::{self, Config},
};

/// Applies the configuration to the cache. A setting that cannot apply to the program's own cache or store is a
/// problem.
pub(super) fn configured(
    mut cache: CacheBuilder,
    config: &mut Config,
    problems: &mut Vec<SetupProblem>,
) -> CacheBuilder {
    let mut refuse = |name: &str, origin: &Origin, value: &str, what: &str| {
        let reason = format!("the app sets {what} that is already built");
        problems.push(SetupProblem::invalid_setting(config::place(name, origin), value, &reason));
    };
    let is_set = |origin: &Origin| *origin != Origin::Default;
    let (is_made, bytes) = (cache.is_made(), &config.cache_max_bytes);
    if is_set(bytes.origin()) {
        if cache.is_sized_elsewhere() {
            let value = units::Bytes(**bytes).to_string();
            refuse("cache.max_bytes", bytes.origin(), &value, "a cache, or a store for it,");
        } else {
            cache = cache.max_bytes(**bytes);
        }
    }
    let claims = &config.idempotency_claim_bytes;
    if is_set(claims.origin()) {
        if cache.is_sized_elsewhere() {
            let value = units::Bytes(**claims).to_string();
            refuse("idempotency.claim_bytes", claims.origin(), &value, "a cache, or a store for it,");
        } else {
            cache = cache.claim_bytes(**claims);
        }
    }
    let (prefix, length) = (&config.cache_key_prefix, &config.cache_max_key_length);
    let (threshold, ttl) = (&config.cache_compression_threshold, &config.cache_default_ttl);
    let others = [
        ("cache.key_prefix", prefix.origin(), prefix.to_string()),
        ("cache.max_key_length", length.origin(), length.to_string()),
        ("cache.compression_threshold", threshold.origin(), units::Bytes(**threshold).to_string()),
        ("cache.default_ttl", ttl.origin(), units::show_duration(ttl)),
    ];
    for (name, origin, value) in others.into_iter().filter(|(_, origin, _)| is_made && is_set(origin)) {
        refuse(name, origin, &value, "a cache");
    }
    if is_set(prefix.origin()) {
        cache = cache.key_prefix(&**prefix);
    }
    if is_set(length.origin()) {
        cache = cache.max_key_length(usize::try_from(**length).unwrap_or(usize::MAX));
    }
    if is_set(threshold.origin()) {
        cache = cache.compression_threshold(**threshold);
    }
    match **ttl {
        Some(ttl) => cache = cache.default_ttl(ttl),
        // The default TTL that the program gave its cache applies to routes too.
        None if !is_set(ttl.origin()) => {
            if let Some(ttl) = cache.said_default_ttl() {
                config.cache_default_ttl = Setting::new(Some(ttl), Origin::Code);
            }
        }
        None => {}
    }
    cache
}

/// Reports a file of hot pages that would stay empty.
pub(super) fn check_hot_pages(cache: &Cache, config: &Config, problems: &mut Vec<SetupProblem>) {
    let setting = &config.cache_hot_pages_file;
    if let Some(file) = (**setting).as_ref().filter(|_| !cache.is_embedded()) {
        let reason = "the app's store is not in this process, so it keeps its pages over a restart by itself; remove \
                      the setting";
        let place = config::place("cache.hot_pages_file", setting.origin());
        problems.push(SetupProblem::invalid_setting(place, &file.to_string_lossy(), reason));
    }
}
