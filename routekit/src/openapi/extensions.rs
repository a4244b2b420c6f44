//! The policies of a route as `x-routekit-…`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::policy::Step;

/// Policies that every route has, or that say nothing to a client.
const OMITTED: [&str; 3] = ["catch_panic", "csrf", "layer"];

/// One member for each policy that is on: `"x-routekit-cache": {"cache": "ttl 300s, tags users"}`. A setting that a
/// policy has several times is a list.
pub(super) fn policies(steps: &[Step]) -> BTreeMap<String, Value> {
    let mut policies: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    // Objectives concern the route, though they are measured around the router.
    let is_of_route = |step: &Step| !step.around_router || step.setting.starts_with("slo_");
    let shown = steps.iter().filter(|step| is_of_route(step) && !OMITTED.contains(&step.policy));
    for step in shown.filter(|step| !["off", "nothing"].contains(&&*step.value)) {
        let (policy, setting) = match step.setting.strip_prefix("slo_") {
            Some(objective) => ("slo", objective),
            None => (step.policy, step.setting),
        };
        let settings = policies.entry(format!("x-routekit-{}", policy.replace('_', "-"))).or_default();
        let value = Value::from(step.value.as_str());
        match settings.get_mut(setting) {
            None => drop(settings.insert(setting.to_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = vec![first.take(), value].into(),
        }
    }
    policies.into_iter().map(|(name, settings)| (name, Value::Object(settings))).collect()
}
