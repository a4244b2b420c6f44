//! What a route makes invalid, made ready at start-up.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::Uri;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    named::{Named, Subject},
    own_url::OwnUrl,
};
use crate::{
    cache::{
        Cache, Counters, Invalidation, Target,
        policy::{asked_for, names},
        template::{Places, Template},
    },
    identity::Identity,
    route::{RequestText, spelling::Spellings},
};

/// What a route makes invalid. One for each route, shared by all its requests.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) cache: Cache,
    pub(super) stats: Arc<Counters>,
    /// The path template.
    pub(super) template: String,
    /// Where its placeholders stand.
    pub(super) places: Places,
    pub(super) own: Rule,
    /// What routes want that declare `invalidate_on` this one.
    pub(super) wanted: Vec<Rule>,
    /// Where the URL of a request of an unsafe method is invalid, beside the cache's own partition; each once.
    pub(super) partitions: Vec<RequestText>,
    /// Whether anything can be stored for its URL.
    pub(super) holds: bool,
}

/// What is invalid in one partition.
#[derive(Debug, Clone, Default)]
pub(super) struct Rule {
    pub(super) partition: Option<RequestText>,
    pub(super) tags: Vec<Template>,
    pub(super) patterns: Vec<Template>,
    /// What stands before patterns that are paths.
    pub(super) prefix: String,
    pub(super) user: bool,
    /// All of the route with this template.
    pub(super) route: Option<String>,
}

/// What one request makes invalid, once it has ended.
#[derive(Debug)]
pub(super) struct Pending {
    plan: Arc<Plan>,
    uri: Uri,
    /// The path of a router that this one is nested in: what clients write before it.
    outer: String,
    identity: Option<Identity>,
    spellings: Spellings,
    /// One for each rule.
    partitions: Vec<String>,
    /// If it is of an unsafe method.
    url: Option<OwnUrl>,
}

impl Plan {
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        std::iter::once(&self.own).chain(&self.wanted)
    }

    /// Whether there is nothing but the URL.
    pub(super) fn declares_nothing(&self) -> bool {
        let Rule { partition: _, tags, patterns, prefix: _, user, route } = &self.own;
        self.wanted.is_empty() && tags.is_empty() && patterns.is_empty() && !user && route.is_none()
    }

    pub(super) fn set_partition(&mut self, partition: Option<RequestText>) {
        partition.iter().for_each(|partition| self.drop_url_in(partition.clone()));
        self.own.partition = partition;
    }

    pub(super) fn drop_url_in(&mut self, partition: RequestText) {
        if !self.partitions.iter().any(|known| known.is_same(&partition)) {
            self.partitions.push(partition);
        }
    }
}

impl Pending {
    /// Reads what there is to know before the handler takes the request.
    pub(super) fn new(plan: &Arc<Plan>, mut request: Request) -> (Arc<Self>, Request) {
        let url = OwnUrl::of(&plan.cache, &plan.partitions, plan.holds, &mut request);
        let outer = asked_for(&request).path().strip_suffix(request.uri().path()).unwrap_or_default().to_owned();
        let (mut parts, body) = request.into_parts();
        let own = || plan.cache.partition_name().to_owned();
        let text = |rule: &Rule| rule.partition.as_ref().map_or_else(own, |partition| partition.of(&parts));
        let partitions = plan.rules().map(text).collect();
        let identity = parts.extensions.get::<Identity>().cloned();
        let spellings = Spellings::default();
        parts.extensions.insert(spellings.clone());
        let pending =
            Self { plan: Arc::clone(plan), uri: parts.uri.clone(), outer, identity, spellings, partitions, url };
        (Arc::new(pending), Request::from_parts(parts, body))
    }

    /// To go on without a client, if that is to be had.
    pub(super) fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.plan.cache.permit_for_handler()
    }

    /// Looks at what the answer says.
    pub(super) fn learn(&self, answer: &Response) {
        if let Some(url) = &self.url {
            url.learn(answer.headers());
        }
    }

    /// Makes it invalid; whoever waits for this has it done.
    pub(super) async fn invalidate(&self) {
        self.plan.stats.invalidation();
        self.plan.cache.invalidate_or_warn(&self.targets(), || self.events()).await;
    }

    /// The same where nobody can wait: with the embedded store it is done at once.
    pub(super) fn invalidate_without_waiting(&self) {
        self.plan.stats.invalidation();
        self.plan.cache.invalidate_without_waiting(self.targets(), || self.events());
    }

    fn targets(&self) -> Vec<Target> {
        self.named().iter().map(Named::target).collect()
    }

    fn events(&self) -> Vec<Invalidation> {
        Invalidation::of(&self.named())
    }

    fn named(&self) -> Vec<Named<'_>> {
        let spellings = self.spellings.told();
        let places = &self.plan.places;
        let path = self.uri.path();
        let mut all: Vec<Named<'_>> = self.url.iter().flat_map(OwnUrl::named).collect();
        for (rule, partition) in self.plan.rules().zip(&self.partitions) {
            let mut add = |subject| all.push(Named { partition, subject });
            let tags = rule.tags.iter().flat_map(|template| names(template, places, path, &spellings));
            tags.for_each(|name| add(Subject::Tag(name.into())));
            let before = [&*self.outer, &rule.prefix];
            let written = |name: &str| places.written(path, name);
            let patterns = rule.patterns.iter().map(|pattern| pattern.fill_pattern(&before, written));
            patterns.for_each(|pattern| add(Subject::Pattern(pattern)));
            if let Some(identity) = self.identity.as_ref().filter(|_| rule.user) {
                add(Subject::User(identity));
            }
            rule.route.iter().for_each(|route| add(Subject::Route(route)));
        }
        all
    }
}
