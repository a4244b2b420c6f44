use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::{
    Invalidating,
    plan::{InvalidationPlan, InvalidationSpec, Rule},
};
use crate::{
    cache::{
        Cache,
        validity::template::{Places, Template},
    },
    route::{Invalidates, Method, RequestText},
};

/// Invalidates cached responses when the inner service has responded. See the [module docs](crate::cache).
#[derive(Debug, Clone)]
pub struct InvalidateLayer {
    declared: InvalidationSpec,
}

impl InvalidateLayer {
    /// Creates a layer that invalidates in `cache`: at first only the URLs of requests with an unsafe method.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        let (template, places) = (String::new(), Places::default());
        let counters = Arc::clone(cache.shared.stats.layers());
        let (own, wanted, partitions) = (Rule::default(), Vec::new(), Vec::new());
        let declared = InvalidationSpec { cache, counters, template, places, own, wanted, partitions, storable: true };
        Self { declared }
    }

    /// Creates the layer that a route declares. `template` includes the app's prefix, the patterns of `invalidates` do
    /// not.
    pub(crate) fn declared(cache: Cache, invalidates: &Invalidates, template: &str, prefix: &str) -> Self {
        let mut layer = Self::new(cache)
            .route(template)
            .tags(invalidates.tags.iter().copied())
            .patterns(invalidates.patterns.iter().copied());
        layer.change(|declared| {
            declared.own.user = invalidates.user;
            prefix.clone_into(&mut declared.own.prefix);
            declared.set_partition(invalidates.partition());
        });
        layer
    }

    /// Also invalidates everything with one of these tags. A tag may contain placeholders of the
    /// [`route`](Self::route): `user:{id}`.
    #[must_use]
    pub fn tags<'t>(mut self, templates: impl IntoIterator<Item = &'t str>) -> Self {
        let templates = templates.into_iter().map(Template::new);
        self.change(|declared| declared.own.tags.extend(templates));
        self
    }

    /// Also invalidates responses for paths that match one of these patterns, which may contain placeholders of the
    /// [`route`](Self::route): `/users/{id}/*`.
    #[must_use]
    pub fn patterns<'t>(mut self, templates: impl IntoIterator<Item = &'t str>) -> Self {
        let templates = templates.into_iter().map(Template::new);
        self.change(|declared| declared.own.patterns.extend(templates));
        self
    }

    /// Also invalidates the entries of the calling user.
    #[must_use]
    pub fn user(mut self) -> Self {
        self.change(|declared| declared.own.user = true);
        self
    }

    /// Sets the path template of the route that the layer wraps: `/users/{id}`. Tags and patterns with placeholders
    /// require it. In a nested router, omit the path under which the router is nested.
    #[must_use]
    pub fn route(mut self, template: &str) -> Self {
        self.change(|declared| {
            template.clone_into(&mut declared.template);
            declared.places = Places::of(template);
        });
        self
    }

    /// Sets the function that returns the partition to invalidate in. Defaults to the partition of the cache.
    #[must_use]
    pub fn partition(mut self, partition: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.change(|declared| declared.set_partition(Some(RequestText::new(partition))));
        self
    }

    /// Also invalidates URLs (RFC 9111 §4.4) in these partitions. `storable` is whether the URL of the request itself
    /// can have a stored response.
    pub(crate) fn url_in(mut self, partitions: &[RequestText], storable: bool) -> Self {
        self.change(|declared| {
            partitions.iter().for_each(|partition| declared.add_partition(partition.clone()));
            declared.storable = storable;
        });
        self
    }

    /// Counts invalidations for this route, and not with those of all plain layers.
    pub(crate) fn counted_as(mut self, method: Method, path: &str) -> Self {
        self.change(|declared| declared.counters = declared.cache.shared.stats.register(method, path));
        self
    }

    /// Also invalidates everything of another route, which is cached in this partition.
    pub(crate) fn wanted_by(mut self, template: &str, partition: Option<RequestText>) -> Self {
        let rule = Rule { partition, route: Some(template.to_owned()), ..Rule::default() };
        self.change(|declared| declared.wanted.push(rule));
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut InvalidationSpec)) {
        change(&mut self.declared);
    }
}

/// # Panics
/// If a tag or a pattern names a placeholder that the [`route`](InvalidateLayer::route) does not have.
impl<S> Layer<S> for InvalidateLayer {
    type Service = Invalidating<S>;

    #[track_caller]
    fn layer(&self, inner: S) -> Invalidating<S> {
        let declared = &self.declared;
        declared.places.check(&declared.template, declared.own.tags.iter().chain(&declared.own.patterns));
        Invalidating { inner, plan: Arc::new(InvalidationPlan::new(declared)) }
    }
}
