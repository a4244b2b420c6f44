use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::{
    Invalidating,
    plan::{Plan, Rule},
};
use crate::{
    cache::{
        Cache,
        template::{Places, Template},
    },
    route::{Invalidates, Method, RequestText},
};

/// Makes cached answers invalid when the inner service has ended. See the [module docs](crate::cache).
#[derive(Debug, Clone)]
pub struct InvalidateLayer {
    /// `None` where nothing is made invalid.
    plan: Option<Plan>,
}

impl InvalidateLayer {
    /// In this cache; nothing yet but the URL of requests of an unsafe method.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        let (template, places) = (String::new(), Places::default());
        let stats = Arc::clone(cache.book().of_layers());
        let (own, wanted, partitions) = (Rule::default(), Vec::new(), Vec::new());
        let plan = Plan { cache, stats, template, places, own, wanted, partitions, holds: true };
        Self { plan: Some(plan) }
    }

    /// Nothing, nowhere: one type for every route.
    pub(crate) const fn none() -> Self {
        Self { plan: None }
    }

    /// As a route declares it, whose template is with the app's prefix, and its patterns are without.
    pub(crate) fn declared(cache: Cache, invalidates: &Invalidates, template: &str, prefix: &str) -> Self {
        let mut layer = Self::new(cache)
            .route(template)
            .tags(invalidates.tags.iter().copied())
            .patterns(invalidates.patterns.iter().copied());
        layer.change(|plan| {
            plan.own.user = invalidates.user;
            prefix.clone_into(&mut plan.own.prefix);
            plan.set_partition(invalidates.partition());
        });
        layer
    }

    /// What has one of these tags, with placeholders of the [`route`](Self::route): `user:{id}`.
    #[must_use]
    pub fn tags<'t>(mut self, templates: impl IntoIterator<Item = &'t str>) -> Self {
        let templates = templates.into_iter().map(Template::new);
        self.change(|plan| plan.own.tags.extend(templates));
        self
    }

    /// What was answered for a path that fits one of these patterns, with placeholders likewise: `/users/{id}/*`.
    #[must_use]
    pub fn patterns<'t>(mut self, templates: impl IntoIterator<Item = &'t str>) -> Self {
        let templates = templates.into_iter().map(Template::new);
        self.change(|plan| plan.own.patterns.extend(templates));
        self
    }

    /// What only the user who asks is given.
    #[must_use]
    pub fn user(mut self) -> Self {
        self.change(|plan| plan.own.user = true);
        self
    }

    /// The path template of the route that this stands around: `/users/{id}`. Needed where there are placeholders. In a nested
    /// router, without what that is nested under.
    #[must_use]
    pub fn route(mut self, template: &str) -> Self {
        self.change(|plan| {
            template.clone_into(&mut plan.template);
            plan.places = Places::of(template);
        });
        self
    }

    /// Only in the partition that this function names.
    #[must_use]
    pub fn partition(mut self, partition: fn(&Parts) -> String) -> Self {
        self.change(|plan| plan.set_partition(Some(RequestText::of_fn(partition))));
        self
    }

    /// The URL of requests (RFC 9111 §4.4), if anything can be stored for it, and what answers name: in these partitions as well.
    pub(crate) fn url_in(mut self, partitions: &[RequestText], holds: bool) -> Self {
        self.change(|plan| {
            partitions.iter().for_each(|partition| plan.drop_url_in(partition.clone()));
            plan.holds = holds;
        });
        self
    }

    /// Counts what it does under this route, and not with the other layers.
    pub(crate) fn counted_as(mut self, method: Method, path: &str) -> Self {
        self.change(|plan| plan.stats = plan.cache.book().open(method, path));
        self
    }

    /// All of another route as well, which is cached in this partition.
    pub(crate) fn wanted_by(mut self, template: &str, partition: Option<RequestText>) -> Self {
        let rule = Rule { partition, route: Some(template.to_owned()), ..Rule::default() };
        self.change(|plan| plan.wanted.push(rule));
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut Plan)) {
        if let Some(plan) = &mut self.plan {
            change(plan);
        }
    }
}

/// # Panics
/// If a tag or a pattern names a placeholder that the [`route`](InvalidateLayer::route) does not have.
impl<S> Layer<S> for InvalidateLayer {
    type Service = Invalidating<S>;

    #[track_caller]
    fn layer(&self, inner: S) -> Invalidating<S> {
        if let Some(plan) = &self.plan {
            plan.places.check(&plan.template, plan.own.tags.iter().chain(&plan.own.patterns));
        }
        Invalidating { inner, plan: self.plan.clone().map(Arc::new) }
    }
}
