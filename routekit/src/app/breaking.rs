//! The circuit breakers of an app: those that its routes declare, and those that the program brings.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::Location,
    time::Duration,
};

use super::mount::Candidate;
use crate::{
    breaker::{BreakerSettings, Breakers, CircuitBreaker, PROBE_LEASE},
    clock::Clock,
    concurrency::ConcurrencyLayer,
    config::{self, Config},
    policy::Guards,
    route::BreakerPolicy,
    setup::SetupProblem,
};

/// Gives each route its breaker and its count; all breakers there are.
pub(super) fn wire(
    candidates: &mut [Candidate],
    given: &[(CircuitBreaker, &'static Location<'static>)],
    config: &Config,
    clock: &Clock,
    problems: &mut Vec<SetupProblem>,
) -> Breakers {
    overrides(candidates, config, problems);
    let mut named: BTreeMap<String, Named> = BTreeMap::new();
    for (breaker, location) in given {
        let all = named.entry(breaker.name().to_owned()).or_default();
        all.given.push((breaker.clone(), location.to_string()));
    }
    let mut used = BTreeSet::new();
    for candidate in candidates.iter() {
        // As they are declared, so that to switch one off changes no other.
        let Some(breaking) = candidate.route.meta().policies.breaker else { continue };
        if candidate.policies.breaker.is_some() {
            used.insert(name(candidate, &breaking));
        }
        let all = named.entry(name(candidate, &breaking)).or_default();
        all.declared.push((breaking, candidate.label()));
        all.longest = all.longest.max(*candidate.policies.timeout);
    }
    let mut breakers = BTreeMap::new();
    for (name, all) in named {
        let used = used.contains(&name) || !all.given.is_empty();
        match all.breaker(&name, clock) {
            Ok(breaker) if used => drop(breakers.insert(name, breaker)),
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    for candidate in candidates {
        let breaking = *candidate.policies.breaker;
        candidate.policies.guards = Guards {
            concurrency: candidate.policies.concurrency.map(ConcurrencyLayer::new),
            breaker: breaking.and_then(|breaking| breakers.get(&name(candidate, &breaking)).cloned()),
        };
    }
    breakers.into_values().collect()
}

/// What a route's breaker is called: as it says, or as the route.
fn name(candidate: &Candidate, breaking: &BreakerPolicy) -> String {
    breaking.name.map_or_else(|| candidate.name(), str::to_owned)
}

/// Everything that is said of one name.
#[derive(Default)]
struct Named {
    given: Vec<(CircuitBreaker, String)>,
    declared: Vec<(BreakerPolicy, String)>,
    /// The longest timeout of its routes.
    longest: Option<Duration>,
}

impl Named {
    fn breaker(self, name: &str, clock: &Clock) -> Result<CircuitBreaker, SetupProblem> {
        // Whoever says its name alone means the one that is declared elsewhere.
        let reference = |said: &BreakerPolicy| {
            BreakerPolicy { name: None, judge: None, fallback: None, ..*said } == BreakerPolicy::new()
        };
        let saying: Vec<&(BreakerPolicy, String)> = self.declared.iter().filter(|(said, _)| !reference(said)).collect();
        let said = saying.first().map_or_else(BreakerPolicy::new, |(said, _)| *said);
        let lease = self.longest.map_or(PROBE_LEASE, |timeout| timeout.max(PROBE_LEASE) + Duration::from_secs(1));
        let first =
            self.given.first().map_or_else(|| BreakerSettings::of(&said, lease), |(breaker, _)| *breaker.settings());
        let differs = saying.iter().any(|(said, _)| !BreakerSettings::of(said, lease).agrees_with(&first));
        if self.given.len() > 1 || differs {
            let given = self
                .given
                .iter()
                .map(|(breaker, place)| (breaker.settings().to_string(), format!("`.breaker(…)` at {place}")));
            let declared =
                saying.iter().map(|(said, label)| (BreakerSettings::of(said, lease).to_string(), label.clone()));
            let declarations = given.chain(declared).collect();
            return Err(SetupProblem::DifferentBreakers { name: name.to_owned(), declarations });
        }
        if let Some((breaker, place)) = self.given.into_iter().next() {
            let lease = breaker.settings().probe_lease();
            if let Some(longest) = self.longest.filter(|longest| lease <= *longest) {
                let reason = format!(
                    "`probe_lease` is {lease:?}, and a route with this breaker has a timeout of {longest:?}: what its probes come to would not count"
                );
                return Err(SetupProblem::InvalidBreaker {
                    name: name.to_owned(),
                    declared_by: format!("`.breaker(…)` at {place}"),
                    reason,
                });
            }
            return Ok(breaker);
        }
        let builder = CircuitBreaker::builder(name).policy(&said).probe_lease(lease).clock(clock.clone());
        builder.build().map_err(|invalid| SetupProblem::InvalidBreaker {
            name: name.to_owned(),
            declared_by: self.declared.first().map_or_else(String::new, |(_, label)| label.clone()),
            reason: invalid.reason().to_owned(),
        })
    }
}

/// Configuration can only switch off what a route declares.
fn overrides(candidates: &[Candidate], config: &Config, problems: &mut Vec<SetupProblem>) {
    for candidate in candidates.iter().filter(|candidate| candidate.route.meta().policies.breaker.is_none()) {
        let name = candidate.name();
        if let Some(on) = config.routes.get(&name).and_then(|route| route.breaker.as_ref()) {
            problems.push(SetupProblem::InvalidSetting {
                setting: config::place(&format!("route.\"{name}\".breaker"), on.origin()),
                value: if **on { "on" } else { "off" }.to_owned(),
                reason: "the route declares no `breaker`".to_owned(),
            });
        }
    }
}

/// A call that nothing ends comes to no outcome.
pub(super) fn warnings(candidates: &[Candidate]) -> impl Iterator<Item = String> {
    let endless = |candidate: &&Candidate| candidate.policies.timeout.is_none() && candidate.policies.cache.is_none();
    candidates.iter().filter(endless).filter_map(|candidate| {
        let what = match (&candidate.policies.guards.breaker, *candidate.policies.concurrency) {
            (Some(_), _) => {
                "a `breaker` and no `timeout`: a handler that hangs is no failure until somebody gives it up"
            }
            (None, Some(_)) => "`concurrency` and no `timeout`: handlers that hang keep their places",
            (None, None) => return None,
        };
        Some(format!("{} has {what}", candidate.label()))
    })
}
