//! The cache of an app, and what its routes say of each other's answers.

use std::collections::HashSet;

use super::mount::Candidate;
use crate::{
    cache::{self, CacheBuilder},
    config::{self, Config},
    policy::{Drops, WantedBy},
    route::{Access, Audience, CachePolicy, InputSource, RequestText},
    setting::{Origin, Setting},
    setup::{self, SetupProblem},
    units,
};

/// With what is configured, unless the program brings what is made already.
pub(super) fn configured(
    mut cache: CacheBuilder,
    config: &mut Config,
    problems: &mut Vec<SetupProblem>,
) -> CacheBuilder {
    let mut refuse = |name: &str, origin: &Origin, value: String, what: &str| {
        problems.push(SetupProblem::InvalidSetting {
            setting: config::place(name, origin),
            value,
            reason: format!("the app brings {what} that is made already"),
        });
    };
    let said = |origin: &Origin| *origin != Origin::Default;
    let (made, bytes) = (cache.is_made(), &config.cache_max_bytes);
    if said(bytes.origin()) {
        if cache.is_sized_elsewhere() {
            let value = units::Bytes(**bytes).to_string();
            refuse("cache_max_bytes", bytes.origin(), value, "a cache, or a store for it,");
        } else {
            cache = cache.max_bytes(**bytes);
        }
    }
    let (prefix, length) = (&config.cache_key_prefix, &config.cache_max_key_length);
    let (threshold, ttl) = (&config.cache_compression_threshold, &config.cache_default_ttl);
    let others = [
        ("cache_key_prefix", prefix.origin(), prefix.to_string()),
        ("cache_max_key_length", length.origin(), length.to_string()),
        ("cache_compression_threshold", threshold.origin(), units::Bytes(**threshold).to_string()),
        ("cache_default_ttl", ttl.origin(), units::show_duration(ttl)),
    ];
    for (name, origin, value) in others.into_iter().filter(|(_, origin, _)| made && said(origin)) {
        refuse(name, origin, value, "a cache");
    }
    if said(prefix.origin()) {
        cache = cache.key_prefix(&**prefix);
    }
    if said(length.origin()) {
        cache = cache.max_key_length(usize::try_from(**length).unwrap_or(usize::MAX));
    }
    if said(threshold.origin()) {
        cache = cache.compression_threshold(**threshold);
    }
    match **ttl {
        Some(ttl) => cache = cache.default_ttl(ttl),
        // What the program says of its cache holds for its routes.
        None if !said(ttl.origin()) => {
            if let Some(ttl) = cache.said_default_ttl() {
                config.cache_default_ttl = Setting::new(Some(ttl), Origin::Code);
            }
        }
        None => {}
    }
    cache
}

/// Configuration can only change the cache of a route that has one.
pub(super) fn overrides(candidates: &[Candidate], config: &Config, problems: &mut Vec<SetupProblem>) {
    for candidate in candidates.iter().filter(|candidate| candidate.route.meta().policies.cache.is_none()) {
        let name = candidate.name();
        if let Some(ttl) = config.routes.get(&name).and_then(|route| route.cache_ttl.as_ref()) {
            problems.push(SetupProblem::InvalidSetting {
                setting: config::place(&format!("route.\"{name}\".cache_ttl"), ttl.origin()),
                value: ttl.map_or_else(|| "off".to_owned(), |ttl| format!("{ttl:?}")),
                reason: "the route declares no `cache(…)`".to_owned(),
            });
        }
    }
}

/// Tells each mutating route who wants to be invalid after it. They are named as they are declared, without the app's prefix.
pub(super) fn wire(candidates: &mut [Candidate], problems: &mut Vec<SetupProblem>) {
    let declared = |candidate: &Candidate| {
        let meta = candidate.route.meta();
        format!("{} {}", meta.method, meta.path)
    };
    let names: Vec<String> = candidates.iter().map(declared).collect();
    let wants = |candidate: &Candidate| {
        let caching = candidate.policies.cache.as_ref()?;
        let wanted_by = WantedBy { template: candidate.path.clone(), partition: caching.partition() };
        Some((caching.invalidate_on, wanted_by, candidate.label()))
    };
    for (routes, wanted_by, label) in candidates.iter().filter_map(wants).collect::<Vec<_>>() {
        for route in routes {
            match names.iter().position(|name| name == route) {
                Some(index) => candidates[index].policies.wanted_by.push(wanted_by.clone()),
                None => problems.push(SetupProblem::UnknownRoute {
                    route: (*route).to_owned(),
                    named_by: format!("`invalidate_on` of {label}"),
                    nearest: setup::nearest(route, names.iter().map(String::as_str)).map(str::to_owned),
                }),
            }
        }
    }
}

/// Tells each route of an unsafe method what is invalid after it without a word (RFC 9111 §4.4), where any route is cached; the partitions that
/// answers are in. A URL has one template, so nothing is stored for those of another; `shared` is whether layers outside the app may store, too.
pub(super) fn drops(candidates: &mut [Candidate], shared: bool) -> Vec<RequestText> {
    let (mut paths, mut partitions) = (HashSet::new(), Vec::new());
    for candidate in candidates.iter() {
        let Some(caching) = candidate.policies.cache.as_ref() else { continue };
        paths.insert(candidate.path.clone());
        let known = |partition: &RequestText| partitions.iter().any(|known: &RequestText| known.is_same(partition));
        partitions.extend(caching.partition().filter(|partition| !known(partition)));
    }
    for candidate in candidates.iter_mut().filter(|candidate| candidate.route.meta().method.is_unsafe()) {
        candidate.policies.drops = match () {
            () if shared || paths.contains(&candidate.path) => Drops::Url,
            () if paths.is_empty() => Drops::Nothing,
            () => Drops::Named,
        };
    }
    partitions
}

/// What looks wrong with the caching of the routes, and may be meant.
pub(super) fn warnings(candidates: &[Candidate], prefix: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    for candidate in candidates {
        let label = candidate.label();
        warnings
            .extend([audience(candidate), cdn(candidate)].into_iter().flatten().map(|what| format!("{label} {what}")));
        let Some(invalidates) = candidate.policies.invalidates else { continue };
        let mut check = |what: &str, nobody: String, concerned: &dyn Fn(&Candidate, &CachePolicy) -> bool| {
            let cached = candidates.iter().filter_map(|other| Some((other, other.policies.cache.as_ref()?)));
            let mut concerned = cached.filter(|(other, caching)| concerned(other, caching)).peekable();
            if concerned.peek().is_none() {
                warnings.push(format!("{label} invalidates {what}, {nobody}"));
            } else if concerned.all(|(_, caching)| caching.partition.is_some() != invalidates.partition.is_some()) {
                warnings.push(format!(
                    "{label} invalidates {what} in another partition than any route that it is about; `partition = …` belongs to both"
                ));
            }
        };
        for tag in invalidates.tags {
            let near = nearest_tag(tag, candidates);
            let nobody = format!("a tag that no cached route declares{near}; that is fine if handlers add it");
            check(&format!("`{tag}`"), nobody, &|_, caching| {
                caching.tags.iter().any(|other| cache::may_be_equal(tag, other))
            });
        }
        for pattern in invalidates.patterns {
            let nobody = "which fits the path of no cached route".to_owned();
            check(&format!("`{pattern}`"), nobody, &|other, _| cache::may_match(pattern, prefix, &other.path));
        }
        if invalidates.user {
            let nobody = "and no route is cached per user".to_owned();
            check("what is the user's", nobody, &|_, caching| caching.audience == Some(Audience::User));
            if *candidate.policies.access == Access::Public {
                warnings.push(format!(
                    "{label} invalidates what is the user's, and does not ask who that is: where no layer says it, that is nothing; write `auth`"
                ));
            }
        }
    }
    warnings
}

/// What looks wrong with who may see stored answers of a route.
fn audience(candidate: &Candidate) -> Option<&'static str> {
    let caching = candidate.policies.cache.as_ref()?;
    let asks_who = candidate.description.inputs.iter().any(|input| input.source == InputSource::Identity);
    match (caching.audience, &*candidate.policies.access) {
        (None, Access::Identified(_) | Access::Optional) => Some(
            "is cached for nobody who is identified; say who may see a stored answer: `per = \"user\"` or `shared`",
        ),
        (Some(Audience::Everyone), _) if asks_who => Some(
            "is `shared` and takes who is asking: everybody is given what the first one was told; if that depends on who it is, write \
             `per = \"user\"`",
        ),
        (Some(Audience::User), Access::Public) => Some(
            "is cached per user, and does not ask who that is: everybody whom no layer identifies is given the same; write `auth` or \
             `auth(optional)`",
        ),
        _ => None,
    }
}

/// What looks wrong with having a CDN give answers of a route.
fn cdn(candidate: &Candidate) -> Option<&'static str> {
    let caching = candidate.policies.cache.as_ref().filter(|caching| caching.cdn_ttl.is_some())?;
    match (&*candidate.policies.access, caching.partition) {
        (Access::Identified(_), _) => Some(
            "asks who is calling, and a CDN that keeps its answers for the `cdn_ttl` does not: unless it is told how, it \
             gives them to whoever asks; leave `cdn_ttl` out",
        ),
        (_, Some(_)) => Some(
            "tells tenants apart, and a CDN that keeps its answers for the `cdn_ttl` does so only by URL and `Vary`; if the \
             `partition` is made of anything else, leave `cdn_ttl` out",
        ),
        _ => None,
    }
}

fn nearest_tag(tag: &str, candidates: &[Candidate]) -> String {
    let tags = candidates.iter().filter_map(|candidate| candidate.policies.cache.as_ref()).flat_map(|c| c.tags);
    setup::nearest(tag, tags.copied()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}
