//! The tower layer, which is a builder of its policy.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, header, request::Parts};
use tower_layer::Layer;

use crate::{
    cache::{
        cache::Cache,
        http::{
            policy::{DEFAULT_DEADLINE, DEFAULT_MAX_BODY, HeadRequests, Policy},
            request::key::own_prefix,
            response::{outgoing::Outgoing, storable::Rules},
            service::Cached,
        },
        invalidation::InvalidationPlan,
        validity::template::{Places, Template},
    },
    observe::{Observer, Report},
    route::{Audience, CachePolicy, CdnTags, Consistency, Method, RequestText},
};

/// Answers requests from a cache. See the [module docs](crate::cache).
#[derive(Debug, Clone)]
pub struct CacheLayer {
    policy: Policy,
}

impl CacheLayer {
    /// Creates a layer that stores responses in `cache`.
    ///
    /// Without a [`ttl`](Self::ttl), the [`default_ttl`](crate::cache::CacheBuilder::default_ttl) of the cache applies;
    /// without either, only responses that state a lifetime are stored. HEAD requests are answered from the stored
    /// response to a GET, or else by the inner service.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        let stats = Arc::clone(cache.shared.stats.layers());
        let rules = Rules {
            ttl: cache.shared.values.default_ttl,
            max_body: DEFAULT_MAX_BODY,
            vary: Box::default(),
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
        };
        Self {
            policy: Policy {
                background: cache.background_share(),
                store: cache.shared.store.clone(),
                cache,
                changes: None,
                rules,
                compress_from: None,
                deadline: DEFAULT_DEADLINE,
                debug_headers: false,
                report: Report::default(),
                stats,
                head_requests: HeadRequests::FromGetOnly,
                overwritten: &[],
                template: String::new(),
                places: Places::default(),
                tags: Vec::new(),
                audience: None,
                partition: None,
                key: None,
                key_prefix: Box::default(),
                honour_client_directives: true,
                outgoing: Outgoing::default(),
            },
        }
    }

    /// Creates the layer of a route of an app, from its attribute and the configuration.
    pub(crate) fn declared(cache: Cache, declared: &CachePolicy, template: &str) -> Self {
        let mut layer = Self::new(cache)
            .route(template)
            .tags(declared.tags.iter().copied())
            .vary(declared.vary.iter().map(|name| HeaderName::from_static(name)))
            .max_body(declared.max_body.unwrap_or(DEFAULT_MAX_BODY));
        layer.change(|policy| {
            policy.rules.ttl = declared.ttl;
            policy.rules.stale_while_revalidate = declared.stale_while_revalidate.unwrap_or_default();
            policy.rules.stale_if_error = declared.stale_if_error.unwrap_or_default();
            policy.outgoing = Outgoing {
                client_ttl: declared.client_ttl,
                cdn_ttl: declared.cdn_ttl,
                cdn_tags: declared.cdn_tags,
                ..Outgoing::default()
            };
            policy.compress_from = declared.compress_stored;
            policy.honour_client_directives = declared.honour_client_directives;
            if let Some(consistency) = declared.consistency {
                policy.store = policy.store.with(consistency);
            }
            policy.partition = declared.partition();
            policy.key = declared.key();
            policy.head_requests = HeadRequests::FetchAsGet;
        });
        match declared.audience {
            None => layer,
            Some(Audience::User) => layer.per_user(),
            Some(Audience::Everyone) => layer.shared(),
        }
    }

    /// Sets how long a 200, 203, 204, 300 or 301 response is fresh that states no lifetime. Defaults to the
    /// `default_ttl` of the cache.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.change(|policy| policy.rules.ttl = Some(ttl));
        self
    }

    /// Sets how long a stale response is still served while it is refreshed in the background (RFC 5861 §3). A response
    /// can state its own limit, or forbid it. Defaults to zero.
    ///
    /// Needs a [`spawner`](crate::cache::CacheBuilder::spawner).
    #[must_use]
    pub fn stale_while_revalidate(mut self, limit: Duration) -> Self {
        self.change(|policy| policy.rules.stale_while_revalidate = limit);
        self
    }

    /// Sets how long a stale response is still served when the inner service answers 500, 502, 503 or 504, or exceeds
    /// its deadline (RFC 5861 §4). A response can state its own limit, or forbid it. Defaults to zero.
    #[must_use]
    pub fn stale_if_error(mut self, limit: Duration) -> Self {
        self.change(|policy| policy.rules.stale_if_error = limit);
        self
    }

    /// Sets how long a client may reuse a response without revalidating it, counted from when it receives the response.
    /// Applies if the inner service sets neither `Cache-Control` nor `Expires`. While the response is fresh, it then
    /// has the current `Date` and no `Age`, so that the limit also holds behind caches that ignore `Age`. Defaults to
    /// `no-cache`: a client revalidates each time, so that it never misses an invalidation.
    #[must_use]
    pub fn client_ttl(mut self, ttl: Duration) -> Self {
        self.change(|policy| policy.outgoing.client_ttl = Some(ttl));
        self
    }

    /// Sets how long a CDN may reuse a response, sent as `CDN-Cache-Control` (RFC 9213). By default the header is not
    /// sent.
    #[must_use]
    pub fn cdn_ttl(mut self, ttl: Duration) -> Self {
        self.change(|policy| policy.outgoing.cdn_ttl = Some(ttl));
        self
    }

    /// Sets the header in which the tags of a response are sent to a CDN. If they are longer than 8 KiB together, they
    /// are not sent, and the CDN is told not to store the response. By default no header is sent.
    #[must_use]
    pub fn cdn_tags(mut self, header: CdnTags) -> Self {
        self.change(|policy| policy.outgoing.cdn_tags = Some(header));
        self
    }

    /// Sets whether the directives of clients in `Cache-Control` and `Pragma` count (RFC 9111 §5.2.1). Defaults to
    /// `true`.
    ///
    /// With `false`, a client cannot bypass the cache: `Range`, `If-Match` and `If-Unmodified-Since`, the content of a
    /// GET, and an `Authorization` that no verifier has accepted (unless the layer is [`shared`](Self::shared)) are
    /// removed from the request.
    #[must_use]
    pub fn honour_client_directives(mut self, on: bool) -> Self {
        self.change(|policy| policy.honour_client_directives = on);
        self
    }

    /// Sets when invalidations by other processes count, if the store of the cache is a
    /// [`TieredStore`](crate::cache::TieredStore). It has no effect with any other store. Defaults to that of the
    /// store.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.change(|policy| policy.store = policy.store.with(consistency));
        self
    }

    /// Adds tags, by which responses can be invalidated. They may contain placeholders of the [`route`](Self::route):
    /// `user:{id}`.
    #[must_use]
    pub fn tags<'t>(mut self, templates: impl IntoIterator<Item = &'t str>) -> Self {
        let templates = templates.into_iter().map(Template::new);
        self.change(|policy| policy.tags.extend(templates));
        self
    }

    /// Sets the path template of the route that the layer wraps: `/users/{id}`. Required for tags with placeholders. In
    /// a nested router, omit the prefix under which the router is nested.
    #[must_use]
    pub fn route(mut self, template: &str) -> Self {
        self.change(|policy| {
            template.clone_into(&mut policy.template);
            policy.places = Places::of(template);
        });
        self
    }

    /// Makes these request headers part of the key. Defaults to none.
    #[must_use]
    pub fn vary(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.change(|policy| policy.rules.vary = names.into_iter().collect());
        self
    }

    /// Stores separate responses for each user ([`Identity`](crate::Identity)), and one for all requests without a
    /// user. Outer caches receive the responses as `private`, and with the [`identity_headers`](Self::identity_headers)
    /// in `Vary`.
    #[must_use]
    pub fn per_user(mut self) -> Self {
        self.change(|policy| {
            policy.audience = Some(Audience::User);
            policy.outgoing.private = true;
            if policy.outgoing.identity_headers.is_empty() {
                policy.outgoing.identity_headers = [header::AUTHORIZATION, header::COOKIE].into();
            }
        });
        self
    }

    /// Sets the request headers that contain the identity of a [user](Self::per_user). Defaults to `Authorization` and
    /// `Cookie`.
    #[must_use]
    pub fn identity_headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.change(|policy| policy.outgoing.identity_headers = names.into_iter().collect());
        self
    }

    /// Makes responses `private` to outer caches, even if they are [`shared`](Self::shared) here, because the inner
    /// service requires an identity.
    pub(crate) fn private(mut self) -> Self {
        self.change(|policy| policy.outgoing.private = true);
        self
    }

    /// Serves the same responses to all clients, with and without credentials. By default, requests with credentials
    /// share only responses with `public`, `s-maxage` or `must-revalidate`.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.change(|policy| {
            policy.audience = Some(Audience::Everyone);
            policy.outgoing.private = false;
        });
        self
    }

    /// Separates keys, tags, patterns and invalidations by the text that this function returns, such as the tenant.
    /// Defaults to the partition of the cache.
    #[must_use]
    pub fn partition(mut self, partition: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.change(|policy| policy.partition = Some(RequestText::new(partition)));
        self
    }

    /// Uses the text that this function returns in the key, in place of the query. Defaults to the query.
    #[must_use]
    pub fn key(mut self, key: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        self.change(|policy| policy.key = Some(RequestText::new(key)));
        self
    }

    /// Sets the size of the largest body that is stored, in bytes. Defaults to 1 MiB.
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.change(|policy| policy.rules.max_body = bytes);
        self
    }

    /// Stores bodies of at least this many bytes compressed with gzip, if that makes them smaller. By default, bodies
    /// are stored as they are.
    ///
    /// Clients that accept gzip get such a response as it is stored, and it is decompressed for others. The guide
    /// [Caching](crate::guide::caching#stored-compressed) says which responses this concerns.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn compress_stored(mut self, min_bytes: u64) -> Self {
        self.change(|policy| policy.compress_from = Some(min_bytes));
        self
    }

    /// Sets how long the inner service may take, its body included. When it expires, the client and all waiting
    /// requests get a 504. Defaults to 30 seconds. In an app, it is the route's `timeout`.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.change(|policy| policy.deadline = deadline);
        self
    }

    /// Sets whether a digest of the key is sent as `X-Cache-Key`. Defaults to `false`.
    #[must_use]
    pub fn debug_headers(mut self, on: bool) -> Self {
        self.change(|policy| policy.debug_headers = on);
        self
    }

    /// Sets the observer of requests that are answered from the cache. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.change(|policy| policy.report = Report::to(observer));
        self
    }

    /// Reserves space in stored responses for headers that an outer layer always sets.
    pub(crate) fn overwritten(mut self, names: &'static [HeaderName]) -> Self {
        self.change(|policy| policy.overwritten = names);
        self
    }

    /// Counts requests for this route, and not with those of all plain layers.
    pub(crate) fn counted_as(mut self, method: Method, path: &str) -> Self {
        self.change(|policy| policy.stats = policy.cache.shared.stats.register(method, path));
        self
    }

    /// Marks the layer of a HEAD route, whose responses differ from those of GET.
    pub(crate) fn of_head(mut self) -> Self {
        self.change(|policy| policy.head_requests = HeadRequests::OwnRoute);
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy);
    }
}

/// # Panics
/// If a tag has a placeholder that the [`route`](CacheLayer::route) does not have.
impl<S> Layer<S> for CacheLayer {
    type Service = Cached<S>;

    #[track_caller]
    fn layer(&self, inner: S) -> Cached<S> {
        let policy = self.policy.clone();
        policy.places.check(&policy.template, &policy.tags);
        match policy.head_requests {
            // The position of the layer in its router is not known.
            HeadRequests::FromGetOnly => policy.cache.shared.paths.add_any(),
            HeadRequests::FetchAsGet | HeadRequests::OwnRoute => policy.cache.shared.paths.add(&policy.template),
        }
        let plan = InvalidationPlan::of_url(policy.cache.clone(), Arc::clone(&policy.stats), policy.partition.clone());
        let key_prefix = own_prefix(&policy).into();
        let background = policy.cache.background_share();
        let policy = Arc::new(Policy { changes: Some(Arc::new(plan)), background, key_prefix, ..policy });
        Cached { inner, policy }
    }
}
