//! Start-up problems of checks.

use std::{collections::BTreeMap, panic::Location};

use super::check::HealthCheck;
use crate::base::setup_problem::SetupProblem;

/// Reports checks that cannot run, and names that two checks have. Each check comes with the place of its
/// [`App::health`](crate::App::health) call.
pub(crate) fn problems(checks: &[(HealthCheck, &'static Location<'static>)]) -> Vec<SetupProblem> {
    let mut problems = Vec::new();
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (check, location) in checks {
        if let Some(reason) = reason(check) {
            let message = format!("the health check `{}` at {location}: {reason}", check.name);
            problems.push(SetupProblem::new("invalid-health-check", message).at(location.to_string()));
        }
        by_name.entry(&check.name).or_default().push(location.to_string());
    }
    let twice = by_name.into_iter().filter(|(_, places)| places.len() > 1);
    problems.extend(twice.map(|(name, places)| {
        let message = format!("two health checks are named `{name}`; rename one with `.named(\"…\")`");
        SetupProblem::new("duplicate-health-check", message).listing(places)
    }));
    problems
}

fn reason(check: &HealthCheck) -> Option<String> {
    if check.name.trim().is_empty() {
        Some("its name is empty; set one with `.named(\"…\")`".to_owned())
    } else if check.timeout.is_zero() {
        Some("its timeout is zero, so that it would never succeed".to_owned())
    } else {
        check.invalid.clone()
    }
}
