//! The facts about a request that rules depend on, read before the handler receives it.

use std::sync::Arc;

use axum::extract::Request;
use http::Uri;

use super::{
    plan::InvalidationPlan,
    request_url::{nesting_prefix, requested_uri},
};
use crate::{
    cache::validity::target::Target,
    identity::Identity,
    route::{RequestText, spelling::Spellings},
};

/// The facts about one request that the rules of a plan depend on.
#[derive(Debug)]
pub(super) struct Facts {
    /// The URI that the innermost router receives.
    uri: Uri,
    /// The path under which that router is nested.
    outer: String,
    identity: Option<Identity>,
    spellings: Spellings,
    /// One for each rule.
    partitions: Vec<Arc<str>>,
}

impl Facts {
    pub(super) fn of(plan: &InvalidationPlan, request: &mut Request) -> Self {
        let outer = nesting_prefix(requested_uri(request), request.uri()).to_owned();
        let (mut parts, body) = std::mem::take(request).into_parts();
        let own = plan.cache.partition.clone();
        let partition = |partition: Option<&RequestText>| match partition {
            Some(text) => text.of(&parts).into(),
            None => Arc::clone(&own),
        };
        let partitions = plan.rules.iter().map(|rule| partition(rule.partition.as_ref())).collect();
        let identity = parts.extensions.get::<Identity>().filter(|_| plan.rules.iter().any(|rule| rule.user)).cloned();
        let spellings = Spellings::default();
        if plan.names_placeholders() {
            parts.extensions.insert(spellings.clone());
        }
        let uri = parts.uri.clone();
        *request = Request::from_parts(parts, body);
        Self { uri, outer, identity, spellings, partitions }
    }

    /// Adds the targets of the rules for this request.
    pub(super) fn add_to(&self, targets: &mut Vec<Target>, plan: &InvalidationPlan) {
        let (spellings, path) = (self.spellings.told(), self.uri.path());
        for (rule, partition) in plan.rules.iter().zip(&self.partitions) {
            let partition = || Arc::clone(partition);
            let names = rule.tags.iter().flat_map(|template| template.names(&plan.places, path, &spellings));
            targets.extend(names.map(|name| Target::tag(partition(), &name)));
            let before = [&*self.outer, &rule.prefix];
            let written = |name: &str| plan.places.written(path, name);
            let patterns = rule.patterns.iter().map(|pattern| pattern.fill_pattern(&before, written));
            targets.extend(patterns.map(|pattern| Target::glob(partition(), pattern)));
            let user = self.identity.as_ref().filter(|_| rule.user);
            targets.extend(user.map(|identity| Target::user(partition(), identity)));
            targets.extend(rule.route.iter().map(|template| Target::route(partition(), template)));
        }
    }
}
