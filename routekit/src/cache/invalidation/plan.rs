//! The invalidations of a layer, prepared at start-up.

use std::sync::Arc;

use crate::{
    cache::{
        Cache, Counters,
        validity::{
            target::Target,
            template::{Places, Template},
        },
    },
    route::RequestText,
};

/// The declaration of a layer.
#[derive(Debug, Clone)]
pub(super) struct InvalidationSpec {
    pub(super) cache: Cache,
    pub(super) counters: Arc<Counters>,
    /// The path template of the route.
    pub(super) template: String,
    /// The positions of its placeholders.
    pub(super) places: Places,
    pub(super) own: Rule,
    /// Routes that declare `invalidate_on` for this one.
    pub(super) wanted: Vec<Rule>,
    /// Partitions in which the URL of an unsafe request is invalidated, beside the cache's own; each once.
    pub(super) partitions: Vec<RequestText>,
    /// Whether a response can be stored for that URL.
    pub(super) storable: bool,
}

/// The targets in one partition.
#[derive(Debug, Clone, Default)]
pub(super) struct Rule {
    /// `None` for the cache's own partition.
    pub(super) partition: Option<RequestText>,
    pub(super) tags: Vec<Template>,
    pub(super) patterns: Vec<Template>,
    /// Prepended to patterns that are paths.
    pub(super) prefix: String,
    /// The caller's own entries.
    pub(super) user: bool,
    /// Everything of the route with this template.
    pub(super) route: Option<String>,
}

impl InvalidationSpec {
    pub(super) fn set_partition(&mut self, partition: Option<RequestText>) {
        partition.iter().for_each(|partition| self.add_partition(partition.clone()));
        self.own.partition = partition;
    }

    pub(super) fn add_partition(&mut self, partition: RequestText) {
        if !self.partitions.iter().any(|known| known.is_same(&partition)) {
            self.partitions.push(partition);
        }
    }
}

impl Rule {
    fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.patterns.is_empty() && !self.user && self.route.is_none()
    }

    /// Removes the part that is the same for every request from the rule, and returns its targets.
    fn take_fixed(&mut self, partition: &Arc<str>, places: &Places) -> Vec<Target> {
        if self.partition.is_some() {
            return Vec::new();
        }
        let (fixed, depending): (Vec<_>, Vec<_>) = self.tags.drain(..).partition(Template::is_fixed);
        self.tags = depending;
        let names = fixed.iter().flat_map(|template| template.names(places, "", &[]));
        let tags = names.map(|name| Target::tag(Arc::clone(partition), &name));
        let route = self.route.take().map(|template| Target::route(Arc::clone(partition), &template));
        tags.chain(route).collect()
    }
}

/// The invalidations of a layer. One for each layer, shared by all its requests.
#[derive(Debug)]
pub(in crate::cache) struct InvalidationPlan {
    pub(super) cache: Cache,
    pub(super) counters: Arc<Counters>,
    /// Targets that are the same for every request.
    pub(super) fixed: Box<[Target]>,
    /// Rules that depend on the request.
    pub(super) rules: Box<[Rule]>,
    pub(super) places: Places,
    pub(super) partitions: Box<[RequestText]>,
    pub(super) storable: bool,
}

impl InvalidationPlan {
    pub(super) fn new(declared: &InvalidationSpec) -> Self {
        let InvalidationSpec { cache, counters, places, own, wanted, partitions, storable, template: _ } =
            declared.clone();
        let partition = cache.partition.clone();
        let mut rules = vec![own];
        rules.extend(wanted);
        let fixed = rules.iter_mut().flat_map(|rule| rule.take_fixed(&partition, &places)).collect();
        rules.retain(|rule| !rule.is_empty());
        Self { cache, counters, fixed, rules: rules.into(), places, partitions: partitions.into(), storable }
    }

    /// For a layer that declares nothing: only the URL of unsafe requests.
    pub(in crate::cache) fn of_url(cache: Cache, counters: Arc<Counters>, partition: Option<RequestText>) -> Self {
        Self {
            cache,
            counters,
            fixed: Box::default(),
            rules: Box::default(),
            places: Places::default(),
            partitions: partition.into_iter().collect(),
            storable: true,
        }
    }

    /// Whether only the URL of unsafe requests is invalidated.
    pub(super) fn is_url_only(&self) -> bool {
        self.fixed.is_empty() && self.rules.is_empty()
    }

    /// Whether a rule needs the values of placeholders as the handler has parsed them.
    pub(super) fn names_placeholders(&self) -> bool {
        self.rules.iter().any(|rule| !rule.tags.iter().all(Template::is_fixed))
    }
}
