use std::{sync::Arc, time::Duration};

use http::{HeaderName, request::Parts};
use tower_layer::Layer;

use crate::cache::{
    Cache, Cached, CdnTags,
    outgoing::Outgoing,
    policy::{DEADLINE, Head, MAX_BODY, Policy},
    storable::Rules,
    template::{Places, Template},
};
use crate::{
    observe::{Observer, Report},
    route::{Audience, CachePolicy, Method, RequestText},
};

/// Answers from a cache. See the [module docs](crate::cache).
#[derive(Debug, Clone)]
pub struct CacheLayer {
    /// `None` where nothing is cached.
    policy: Option<Policy>,
}

impl CacheLayer {
    /// From this cache. HEAD is answered from what GET has stored, and passes by otherwise. Without a [`ttl`](Self::ttl), it has the [`default_ttl`](crate::cache::CacheBuilder::default_ttl) of the cache, if
    /// somebody has said one; otherwise only what answers say makes them fresh.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        let stats = Arc::clone(cache.book().of_layers());
        let rules = Rules {
            ttl: cache.default_ttl(),
            max_body: MAX_BODY,
            vary: Box::default(),
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
        };
        Self {
            policy: Some(Policy {
                cache,
                rules,
                deadline: DEADLINE,
                debug_headers: false,
                report: Report::default(),
                stats,
                head: Head::Looks,
                overwritten: &[],
                template: String::new(),
                places: Places::default(),
                tags: Vec::new(),
                audience: None,
                partition: None,
                key: None,
                honour_client_directives: true,
                outgoing: Outgoing::default(),
            }),
        }
    }

    /// From none: one type for every route.
    pub(crate) const fn none() -> Self {
        Self { policy: None }
    }

    /// As a route declares it.
    pub(crate) fn declared(cache: Cache, caching: &CachePolicy, template: &str) -> Self {
        let mut layer = Self::new(cache)
            .route(template)
            .tags(caching.tags.iter().copied())
            .vary(caching.vary.iter().map(|name| HeaderName::from_static(name)))
            .max_body(caching.max_body.unwrap_or(MAX_BODY));
        layer.change(|policy| {
            policy.rules.ttl = caching.ttl;
            policy.rules.stale_while_revalidate = caching.stale_while_revalidate.unwrap_or_default();
            policy.rules.stale_if_error = caching.stale_if_error.unwrap_or_default();
            policy.audience = caching.audience;
            policy.outgoing = Outgoing {
                private: caching.audience == Some(Audience::User),
                client_ttl: caching.client_ttl,
                cdn_ttl: caching.cdn_ttl,
                cdn_tags: caching.cdn_tags,
            };
            policy.honour_client_directives = caching.honour_client_directives;
            policy.partition = caching.partition();
            policy.key = caching.key();
            policy.head = Head::Fills;
        });
        layer
    }

    /// How long an answer of 200, 203, 204, 300 or 301 is fresh that does not say it itself.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.change(|policy| policy.rules.ttl = Some(ttl));
        self
    }

    /// For how long after it was fresh an answer is given while it is asked for anew in the background (RFC 5861 §3), unless it says itself for how
    /// long, or that it must not. Defaults to not at all. Takes a [`Spawner`](crate::cache::CacheBuilder::spawner).
    #[must_use]
    pub fn stale_while_revalidate(mut self, longer: Duration) -> Self {
        self.change(|policy| policy.rules.stale_while_revalidate = longer);
        self
    }

    /// For how long after it was fresh an answer is given where the inner service fails with a 5xx, or takes too long (RFC 5861 §4), unless it
    /// says itself for how long, or that it must not. Defaults to not at all.
    #[must_use]
    pub fn stale_if_error(mut self, longer: Duration) -> Self {
        self.change(|policy| policy.rules.stale_if_error = longer);
        self
    }

    /// How long clients may use an answer without asking, from when they get it, where the inner service says nothing of it. Defaults to not at
    /// all: they ask each time (`no-cache`), so that none of them outlives an invalidation.
    #[must_use]
    pub fn client_ttl(mut self, ttl: Duration) -> Self {
        self.change(|policy| policy.outgoing.client_ttl = Some(ttl));
        self
    }

    /// How long a CDN may, in `CDN-Cache-Control` (RFC 9213). Defaults to saying nothing.
    #[must_use]
    pub fn cdn_ttl(mut self, ttl: Duration) -> Self {
        self.change(|policy| policy.outgoing.cdn_ttl = Some(ttl));
        self
    }

    /// Tells a CDN the tags of answers in this header. Defaults to not.
    #[must_use]
    pub fn cdn_tags(mut self, header: CdnTags) -> Self {
        self.change(|policy| policy.outgoing.cdn_tags = Some(header));
        self
    }

    /// Whether what requests say in `Cache-Control` and `Pragma` counts (RFC 9111 §5.2.1). Defaults to yes. A public service may not want everybody to
    /// be able to have its handlers run.
    #[must_use]
    pub fn honour_client_directives(mut self, on: bool) -> Self {
        self.change(|policy| policy.honour_client_directives = on);
        self
    }

    /// Gives answers these tags, with placeholders of the [`route`](Self::route): `user:{id}`.
    #[must_use]
    pub fn tags<'t>(mut self, templates: impl IntoIterator<Item = &'t str>) -> Self {
        let templates = templates.into_iter().map(Template::new);
        self.change(|policy| policy.tags.extend(templates));
        self
    }

    /// The path template of the route that this stands around: `/users/{id}`. Needed where tags have placeholders. In a nested
    /// router, without what that is nested under.
    #[must_use]
    pub fn route(mut self, template: &str) -> Self {
        self.change(|policy| {
            template.clone_into(&mut policy.template);
            policy.places = Places::of(template);
        });
        self
    }

    /// Tells answers apart by these headers of requests.
    #[must_use]
    pub fn vary(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.change(|policy| policy.rules.vary = names.into_iter().collect());
        self
    }

    /// Gives each user answers of their own: whoever is identified ([`Identity`](crate::Identity)), and all others together.
    #[must_use]
    pub fn per_user(mut self) -> Self {
        self.change(|policy| {
            policy.audience = Some(Audience::User);
            policy.outgoing.private = true;
        });
        self
    }

    /// Gives everybody the same answers, also those who say who they are. Defaults to keeping these out.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.change(|policy| {
            policy.audience = Some(Audience::Everyone);
            policy.outgoing.private = false;
        });
        self
    }

    /// Keeps what this function names apart: keys, tags, patterns and invalidations.
    #[must_use]
    pub fn partition(mut self, partition: fn(&Parts) -> String) -> Self {
        self.change(|policy| policy.partition = Some(RequestText::of_fn(partition)));
        self
    }

    /// Tells requests of one path apart by what this function says, and not by their query.
    #[must_use]
    pub fn key(mut self, key: fn(&Parts) -> String) -> Self {
        self.change(|policy| policy.key = Some(RequestText::of_fn(key)));
        self
    }

    /// The largest body that is stored, in bytes. Defaults to 1 MiB.
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.change(|policy| policy.rules.max_body = bytes);
        self
    }

    /// How long the inner service may take, its body included: beyond it, 504. Defaults to 30 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.change(|policy| policy.deadline = deadline);
        self
    }

    /// Sends a digest of the key as `X-Cache-Key`. Defaults to not.
    #[must_use]
    pub fn debug_headers(mut self, on: bool) -> Self {
        self.change(|policy| policy.debug_headers = on);
        self
    }

    /// Tells this observer of each request that was answered from the cache. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.change(|policy| policy.report = Report::to(observer));
        self
    }

    /// Keeps a place in answers for headers that whatever stands around this sets in any case.
    pub(crate) fn overwritten(mut self, names: &'static [HeaderName]) -> Self {
        self.change(|policy| policy.overwritten = names);
        self
    }

    /// Counts what it does under this route, and not with the other layers.
    pub(crate) fn counted_as(mut self, method: Method, path: &str) -> Self {
        self.change(|policy| policy.stats = policy.cache.book().open(method, path));
        self
    }

    /// For a route of HEAD: what answers it is not what answers GET.
    pub(crate) fn of_head(mut self) -> Self {
        self.change(|policy| policy.head = Head::Alone);
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut Policy)) {
        if let Some(policy) = &mut self.policy {
            change(policy);
        }
    }
}

/// # Panics
/// If a tag names a placeholder that the [`route`](CacheLayer::route) does not have.
impl<S> Layer<S> for CacheLayer {
    type Service = Cached<S>;

    #[track_caller]
    fn layer(&self, inner: S) -> Cached<S> {
        if let Some(policy) = &self.policy {
            policy.places.check(&policy.template, &policy.tags);
        }
        Cached { inner, policy: self.policy.clone().map(Arc::new) }
    }
}
