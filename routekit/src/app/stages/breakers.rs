//! The circuit breakers of an app: those that routes declare, and those that the program adds.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::Location,
    time::Duration,
};

use routekit_grammar::breaker::MAX_TIME;

use crate::{
    app::{declared::DeclaredRoute, spec::ProvidedBreaker},
    base::{
        clock::Clock,
        setup_problem::{self, SetupProblem},
    },
    breaker::{BreakerSettings, Breakers, CircuitBreaker, InvalidBreaker, PROBE_LEASE},
    concurrency::ConcurrencyLayer,
    deps::DepsBuilder,
    policy::Guards,
    route::BreakerPolicy,
};

/// A longer timeout counts as this one, so that the lease of a probe can be longer than the timeout.
const MAX_TIMEOUT: Duration = Duration::from_secs(MAX_TIME.as_secs() - 1);

/// Gives each route its breaker and its concurrency limit, and returns all breakers of the app.
pub(super) fn wire(
    routes: &mut [DeclaredRoute],
    given: &[(CircuitBreaker, &'static Location<'static>)],
    provided: &[ProvidedBreaker],
    clock: &Clock,
    problems: &mut Vec<SetupProblem>,
) -> Breakers {
    let mut named: BTreeMap<String, Declarations> = BTreeMap::new();
    for (breaker, location) in given {
        let all = named.entry(breaker.name().to_owned()).or_default();
        all.given.push((breaker.clone(), location.to_string()));
    }
    // A breaker that a handler takes exists even if configuration switches it off on its routes.
    let mut used: BTreeSet<String> = provided.iter().map(|provided| provided.name.clone()).collect();
    for declared in routes.iter() {
        // As declared: configuration that switches off the breaker of one route does not affect other routes.
        let Some(policy) = declared.route.meta().policies().breaker() else { continue };
        if declared.policies.breaker.is_some() {
            used.insert(name(declared, &policy));
        }
        let all = named.entry(name(declared, &policy)).or_default();
        all.declared.push((policy, declared.label()));
        let timeout = declared.policies.timeout.map(|timeout| timeout.min(MAX_TIMEOUT));
        all.longest_timeout = all.longest_timeout.max(timeout);
    }
    problems.extend(misspelt(&named, provided));
    let mut breakers = BTreeMap::new();
    for (name, all) in named {
        let is_used = used.contains(&name) || !all.given.is_empty();
        match all.breaker(&name, clock) {
            Ok(breaker) if is_used => drop(breakers.insert(name, breaker)),
            Ok(_) => {}
            Err(problem) => {
                problems.push(problem);
                // The app does not start. The name counts as known, so that there is only this problem.
                breakers.extend(CircuitBreaker::builder(&name).build().ok().map(|breaker| (name, breaker)));
            }
        }
    }
    for declared in routes {
        let policy = *declared.policies.breaker;
        declared.policies.guards = Guards {
            concurrency: declared.policies.concurrency.map(ConcurrencyLayer::new),
            breaker: policy.and_then(|policy| breakers.get(&name(declared, &policy)).cloned()),
            ..Guards::default()
        };
    }
    breakers.into_values().collect()
}

/// Adds the dependencies that the program makes of breakers.
pub(super) fn provide(
    provided: Vec<ProvidedBreaker>,
    breakers: &Breakers,
    deps: &mut DepsBuilder,
    problems: &mut Vec<SetupProblem>,
) {
    for ProvidedBreaker { name, location, provide } in provided {
        let breaker = breakers.get(&name).or_else(|| {
            problems.push(unknown_breaker(&name, location, breakers));
            // The type counts as provided, so that there is only this problem.
            CircuitBreaker::builder(&name).build().ok()
        });
        if let Some(breaker) = breaker {
            provide(breaker, deps);
        }
    }
}

fn unknown_breaker(name: &str, location: &Location<'_>, breakers: &Breakers) -> SetupProblem {
    let known: Vec<&str> = breakers.iter().map(CircuitBreaker::name).collect();
    let hint = setup_problem::did_you_mean(setup_problem::nearest(name, known.iter().copied()));
    let all = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let message = format!(
        "`provide_breaker` at {location} names the circuit breaker `{name}`, which the app does not have{hint}\n  \
         add it with `.breaker(…)`, or declare it on a route with `breaker(name = \"{name}\")`\n  breakers: {all}"
    );
    SetupProblem::new("unknown-breaker", message).at(location.to_string())
}

/// A name alone refers to a breaker that is declared elsewhere. If it is not, it has the default settings, unless the
/// name is close to that of another breaker.
fn misspelt(named: &BTreeMap<String, Declarations>, provided: &[ProvidedBreaker]) -> Vec<SetupProblem> {
    let alone = |all: &Declarations| all.given.is_empty() && all.declared.len() == 1 && all.declares_no_numbers();
    let known = || named.iter().filter(|(_, all)| !alone(all)).map(|(name, _)| name.as_str());
    let is_provided = |name: &str| provided.iter().any(|provided| provided.name == name);
    let suspects = named.iter().filter(|(name, all)| alone(all) && !is_provided(name));
    let problems = suspects.filter_map(|(name, all)| {
        let (policy, label) = all.declared.first()?;
        policy.name()?;
        // `db1` and `db2` are two names, and no mistake.
        let differs_in_letters = |known: &&str| without_digits(known) != without_digits(name);
        let near = setup_problem::nearest(name, known().filter(differs_in_letters))?;
        let message = format!(
            "{label} names the circuit breaker `{name}`, which is declared nowhere else; did you mean `{near}`? A \
             breaker of its own needs a setting, such as `breaker(name = \"{name}\", failure_rate = 0.5)`"
        );
        Some(SetupProblem::new("unknown-breaker", message))
    });
    problems.collect()
}

fn without_digits(name: &str) -> String {
    name.chars().filter(|character| !character.is_ascii_digit()).collect()
}

/// The name of a route's breaker: the declared one, or the name of the route.
fn name(declared: &DeclaredRoute, policy: &BreakerPolicy) -> String {
    policy.name().map_or_else(|| declared.name(), str::to_owned)
}

/// All declarations of one name.
#[derive(Default)]
struct Declarations {
    /// The program's breakers, each with the place of its `breaker` call.
    given: Vec<(CircuitBreaker, String)>,
    declared: Vec<(BreakerPolicy, String)>,
    /// The longest timeout of its routes.
    longest_timeout: Option<Duration>,
}

impl Declarations {
    /// Whether every declaration consists of the name alone.
    fn declares_no_numbers(&self) -> bool {
        self.declared.iter().all(|(policy, _)| policy.declares_no_numbers())
    }

    /// The one breaker that all declarations agree on.
    fn breaker(self, name: &str, clock: &Clock) -> Result<CircuitBreaker, SetupProblem> {
        // A declaration of the name alone refers to a declaration elsewhere.
        let full: Vec<&(BreakerPolicy, String)> =
            self.declared.iter().filter(|(policy, _)| !policy.declares_no_numbers()).collect();
        let policy = full.first().map_or_else(BreakerPolicy::new, |(policy, _)| *policy);
        let lease =
            self.longest_timeout.map_or(PROBE_LEASE, |timeout| timeout.max(PROBE_LEASE) + Duration::from_secs(1));
        let first =
            self.given.first().map_or_else(|| BreakerSettings::of(&policy, lease), |(breaker, _)| *breaker.settings());
        let differs = full.iter().any(|(policy, _)| !BreakerSettings::of(policy, lease).agrees_with(&first));
        if self.given.len() > 1 || differs {
            let given = self.given.iter().map(|(breaker, place)| (breaker.settings().to_string(), by_program(place)));
            let declared =
                full.iter().map(|(policy, label)| (BreakerSettings::of(policy, lease).to_string(), label.clone()));
            return Err(different_breakers(name, given.chain(declared)));
        }
        if let Some((breaker, place)) = self.given.into_iter().next() {
            let lease = breaker.settings().probe_lease();
            return match self.longest_timeout.filter(|longest| lease <= *longest) {
                Some(longest) => Err(short_lease(name, lease, longest).declared_by(&by_program(&place))),
                None => {
                    breaker.adopt_clock(clock);
                    Ok(breaker)
                }
            };
        }
        let builder = CircuitBreaker::builder(name).policy(&policy).probe_lease(lease).clock(clock.clone());
        builder.build().map_err(|invalid| {
            let place = self.declared.first().map_or("", |(_, label)| label);
            invalid.declared_by(place)
        })
    }
}

fn by_program(place: &str) -> String {
    format!("`.breaker(…)` at {place}")
}

fn different_breakers(name: &str, declarations: impl Iterator<Item = (String, String)>) -> SetupProblem {
    let message = format!(
        "the circuit breaker `{name}` is declared in different ways; declare it once, and write \
         `breaker(name = \"{name}\")` elsewhere"
    );
    let lines = declarations.map(|(settings, place)| format!("{place}: {settings}"));
    SetupProblem::new("different-breakers", message).listing(lines)
}

fn short_lease(name: &str, lease: Duration, longest: Duration) -> InvalidBreaker {
    let reason = format!(
        "`probe_lease` is {lease:?}, and a route with this breaker has a timeout of {longest:?}: the outcome of a \
         probe that takes longer than the lease would not count"
    );
    InvalidBreaker::new(name, reason)
}
