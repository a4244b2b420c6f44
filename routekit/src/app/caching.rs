//! The cache of an app, and what its routes say of each other's answers.

use super::mount::Candidate;
use crate::{
    cache::{self, CacheBuilder},
    config::{self, Config},
    policy::WantedBy,
    route::{Access, Audience},
    setting::Origin,
    setup::{self, SetupProblem},
    units,
};

/// With the size that is configured, unless the program brings a store whose size is its own affair.
pub(super) fn sized(cache: CacheBuilder, config: &Config, problems: &mut Vec<SetupProblem>) -> CacheBuilder {
    let setting = &config.cache_max_bytes;
    if *setting.origin() == Origin::Default {
        return cache;
    }
    if cache.has_store() {
        problems.push(SetupProblem::InvalidSetting {
            setting: config::place("cache_max_bytes", setting.origin()),
            value: units::Bytes(**setting).to_string(),
            reason: "the app keeps its cache in a store of its own, which this does not reach".to_owned(),
        });
        return cache;
    }
    cache.max_bytes(**setting)
}

/// Configuration can only change the cache of a route that has one.
pub(super) fn overrides(candidates: &[Candidate], config: &Config, problems: &mut Vec<SetupProblem>) {
    for candidate in candidates.iter().filter(|candidate| candidate.route.meta().policies.caching.is_none()) {
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
        let caching = candidate.policies.caching.as_ref()?;
        let wanted_by = WantedBy { template: candidate.path.clone(), partition: caching.partition };
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

/// What looks wrong with the caching of the routes, and may be meant.
pub(super) fn warnings(candidates: &[Candidate]) -> Vec<String> {
    let mut warnings = Vec::new();
    for candidate in candidates {
        let (label, policies) = (candidate.label(), &candidate.policies);
        if let Some(caching) = &*policies.caching {
            match (caching.audience, *policies.access) {
                (None, Access::Identified(_) | Access::Optional) => warnings.push(format!(
                    "{label} is cached for nobody who is identified; say who may see a stored answer: `per = \"user\"` or `shared`"
                )),
                (Some(Audience::User), Access::Public) => warnings.push(format!(
                    "{label} is cached per user, and does not ask who that is; everybody whom no layer identifies gets the same"
                )),
                _ => {}
            }
        }
        let Some(invalidates) = policies.invalidates else { continue };
        for tag in invalidates.tags {
            let caching = candidates.iter().filter_map(|other| other.policies.caching.as_ref());
            let mut carrying =
                caching.filter(|caching| caching.tags.iter().any(|other| cache::may_be_equal(tag, other))).peekable();
            if carrying.peek().is_none() {
                let near = nearest_tag(tag, candidates);
                warnings.push(format!(
                    "{label} invalidates `{tag}`, a tag that no cached route declares{near}; that is fine if handlers add it"
                ));
            } else if carrying.all(|caching| caching.partition.is_some() != invalidates.partition.is_some()) {
                warnings.push(format!(
                    "{label} invalidates `{tag}` in another partition than any route that is cached with it; `partition = …` belongs to both"
                ));
            }
        }
    }
    warnings
}

fn nearest_tag(tag: &str, candidates: &[Candidate]) -> String {
    let tags = candidates.iter().filter_map(|candidate| candidate.policies.caching.as_ref()).flat_map(|c| c.tags);
    setup::nearest(tag, tags.copied()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}
