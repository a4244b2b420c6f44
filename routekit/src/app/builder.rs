//! The builder of an app.

use std::{
    any::{TypeId, type_name},
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    panic::Location,
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::Request, response::IntoResponse, routing::Route as AxumRoute};
use http::request::Parts;
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    hand_written::HandWritten,
    monitoring::AlertHook,
    spec::{AppSpec, Provided, ProvidedBreaker},
};
use crate::{
    alerts::{AlertChange, Alerts},
    auth::{Identify, IdentifyBy, Verifier},
    base::clock::Clock,
    breaker::CircuitBreaker,
    cache::{CacheBuilder, Invalidation, Listener},
    config::Config,
    edge::{CorsPolicy, SecurityHeadersLayer},
    health::{HealthCheck, Readiness},
    identity::Identity,
    observe::Observer,
    problem::{Problem, ProblemFormat},
    rate_limit::Limit,
    route::{Route, Selection},
};

/// An API: its routes, the values that they depend on, and hand-written axum routers beside them.
///
/// ```no_run
/// use routekit::prelude::*;
///
/// struct Store;
///
/// #[get("/users/{id}")]
/// async fn user(id: u64, store: Dep<Store>) -> String {
///     format!("user {id}")
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), routekit::Error> {
///     App::discover().provide(Store).serve().await
/// }
/// ```
///
/// The builder checks nothing. [`serve`](Self::serve), [`into_router`](Self::into_router) and [`table`](Self::table)
/// check everything and report all problems at once.
#[must_use = "an app does nothing until it is served"]
pub struct App {
    pub(super) spec: AppSpec,
}

impl App {
    #[track_caller]
    fn new(selection: Selection) -> Self {
        let app = Self { spec: AppSpec::new(selection) };
        let (readiness, shutdown, alerts) = (app.readiness(), app.shutdown(), app.alerts());
        app.provide(readiness).provide(shutdown).provide(alerts)
    }

    /// Creates an app with every route that is linked into this program.
    ///
    /// A linker drops a crate that nothing refers to: write `use billing_routes as _;`, and see
    /// [`expect_crates`](Self::expect_crates).
    #[track_caller]
    pub fn discover() -> Self {
        Self::new(Selection::Linked)
    }

    /// Creates an app with the linked routes of these crates only, so that a transitive dependency cannot add
    /// endpoints.
    ///
    /// A crate without routes is a start-up error.
    #[track_caller]
    pub fn discover_from<N: Into<String>>(crates: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = crates.into_iter().map(Into::into).collect();
        let app = Self::new(Selection::Crates(names.clone()));
        app.expect_crates(names)
    }

    /// Creates an app with these routes, for tests and small programs: `App::with_routes(routes![list_users])`.
    #[track_caller]
    pub fn with_routes(routes: impl IntoIterator<Item = Route>) -> Self {
        Self::new(Selection::Listed(routes.into_iter().collect()))
    }

    /// Requires each of these crates to have routes. A linker drops a crate that nothing refers to; then the app does
    /// not start.
    pub fn expect_crates<N: Into<String>>(mut self, crates: impl IntoIterator<Item = N>) -> Self {
        self.spec.routes.expected_crates.extend(crates.into_iter().map(Into::into));
        self
    }

    /// Lets the app start without routes and without hand-written routers. That is an error otherwise, because it
    /// usually means that the linker has dropped the crates with the routes.
    pub fn allow_no_routes(mut self) -> Self {
        self.spec.routes.allow_none = true;
        self
    }

    /// Provides a value to every route that takes a [`Dep<T>`](crate::Dep) or has `state = T`.
    #[track_caller]
    pub fn provide<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.provide_shared(Arc::new(value))
    }

    /// Provides a value that is already shared, such as a trait object: `provide_shared::<dyn Mailer>(mailer)`.
    #[track_caller]
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.spec.dependencies.deps.insert(value);
        self.spec.dependencies.provided.push(Provided {
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            location: Location::caller(),
        });
        self
    }

    /// Sets the format of all problems of the app: of refusals, of problems that handlers return, and of bare error
    /// statuses such as a 404 or 405 of the router. Defaults to `application/problem+json` (RFC 9457).
    ///
    /// ```
    /// use axum::Json;
    /// use http::request::Parts;
    /// use routekit::{App, Problem};
    ///
    /// let app = App::discover().problems(|problem: Problem, _request: &Parts| {
    ///     let message = problem.detail().unwrap_or(problem.title()).to_owned();
    ///     (problem.status(), Json(serde_json::json!({ "error": message, "id": problem.correlation_id() })))
    /// });
    /// ```
    ///
    /// The function receives the request as it arrived, without its body and without what inner layers add. Status,
    /// content and headers of its response are sent; other headers of the problem stay, such as `Allow` and
    /// `Retry-After`. If it panics, the standard document is sent. The admin surface keeps the standard format. See the
    /// [guide](crate::guide::errors).
    pub fn problems<R: IntoResponse>(mut self, format: impl Fn(Problem, &Parts) -> R + Send + Sync + 'static) -> Self {
        self.spec.program.problems = Some(ProblemFormat::new(format));
        self
    }

    /// Turns plain-text rejections of all extractors into problems. By default, those of extractors other than
    /// routekit's and axum's are sent as they are if their status is below 500. The text of a 5xx is never sent; it is
    /// logged.
    pub fn problems_for_all(mut self) -> Self {
        self.spec.program.problems_for_all = true;
        self
    }

    /// Adds a verifier, which identifies the client of a request. The first verifier that finds credentials of its
    /// kind decides; see [`auth`](crate::auth).
    ///
    /// ```
    /// # use routekit::{App, auth::ApiKeys, identity::Identity};
    /// # fn key_of_the_reports() -> String { "3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4".to_owned() }
    /// let app = App::discover().verifier(ApiKeys::new().key(key_of_the_reports(), Identity::new("reports")));
    /// ```
    pub fn verifier(mut self, verifier: impl Verifier) -> Self {
        self.spec.program.verifiers.add(verifier);
        self
    }

    /// Adds an async function as a verifier: it returns the [`Identity`] of the client, or `None` if it does not know
    /// it.
    ///
    /// Use it in an API that authenticates with a layer already: the function turns the result of that layer into an
    /// identity.
    ///
    /// ```
    /// # use routekit::{App, identity::Identity};
    /// #[derive(Clone)]
    /// struct CurrentUser {
    ///     name: String,
    /// }
    ///
    /// // `session_layer` is your layer, which checks a session.
    /// # let session_layer = tower::layer::util::Identity::new();
    /// let app = App::discover().layer(session_layer).identify(async |request| {
    ///     let user = request.extensions.get::<CurrentUser>()?;
    ///     Some(Identity::new(&user.name).with_roles(["member"]))
    /// });
    /// ```
    ///
    /// A function that captures a value clones it into its future: `move |request: &Parts| { … async move { … } }`.
    pub fn identify<F>(self, identify: F) -> Self
    where
        F: AsyncFn(&Parts) -> Option<Identity> + for<'a> IdentifyBy<'a>,
    {
        self.verifier(Identify(identify))
    }

    /// Requires an identity on every route that does not declare its access, so that a forgotten annotation fails
    /// closed.
    ///
    /// `public` opens a route; [`merge_public`](Self::merge_public) and [`nest_public`](Self::nest_public) open a
    /// hand-written router.
    pub fn require_auth(mut self) -> Self {
        self.spec.routes.require_auth = true;
        self
    }

    /// Sets the proxies whose `Forwarded` and `X-Forwarded-For` name the client: ranges of addresses, and `unix` for
    /// connections without one. Defaults to none. The setting `trusted_proxies` overrides it. See
    /// [`client_address`](crate::client_address).
    ///
    /// ```
    /// # use routekit::App;
    /// let app = App::discover().trusted_proxies(["10.0.0.0/8", "fd00::/8"]);
    /// ```
    ///
    /// An invalid range of addresses is a start-up error.
    pub fn trusted_proxies<R: Into<String>>(mut self, ranges: impl IntoIterator<Item = R>) -> Self {
        self.spec.settings.trusted_proxies.extend(ranges.into_iter().map(Into::into));
        self
    }

    /// Adds a rate limit for all declared routes without rate limits of their own. These routes share it: a client may
    /// send so many requests to all of them together. The setting `rate_limit.default` overrides it. See
    /// [`rate_limit`](crate::rate_limit).
    ///
    /// ```
    /// # use routekit::{App, rate_limit::{Limit, Rate}};
    /// let app = App::discover().rate_limit(Limit::new(Rate::new(100, 1000)).burst(200));
    /// ```
    ///
    /// A rate of zero, a burst below one, and two limits of one name are start-up errors.
    pub fn rate_limit(mut self, limit: Limit) -> Self {
        self.spec.settings.rate_limits.push(limit);
        self
    }

    /// Sets a path that comes before the path of every declared route, such as `/api`. It has no placeholders.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.spec.routes.prefix = prefix.into();
        self
    }

    /// Serves a hand-written router beside the routes. See axum's `Router::merge`.
    ///
    /// The router keeps its fallback. With [`require_auth`](Self::require_auth) its routes require an identity. The
    /// layers around the whole app apply to it (metrics, correlation, problems, a catch for panics); the policies that
    /// handlers declare do not. Unsafe requests of other sites are refused if they have a cookie, see
    /// [`edge::csrf`](crate::edge::csrf).
    #[track_caller]
    pub fn merge(mut self, router: Router) -> Self {
        self.spec.program.hand_written.push(HandWritten::merged(router, Location::caller()));
        self
    }

    /// Adds a router like [`merge`](Self::merge), and leaves it open with [`require_auth`](Self::require_auth).
    #[track_caller]
    pub fn merge_public(mut self, router: Router) -> Self {
        self.spec.program.hand_written.push(HandWritten::merged(router, Location::caller()).public());
        self
    }

    /// Serves a hand-written router below a path. See axum's `Router::nest`, and [`merge`](Self::merge) for the layers
    /// that apply.
    #[track_caller]
    pub fn nest(mut self, path: impl Into<String>, router: Router) -> Self {
        self.spec.program.hand_written.push(HandWritten::nested(path.into(), router, Location::caller()));
        self
    }

    /// Adds a router like [`nest`](Self::nest), and leaves it open with [`require_auth`](Self::require_auth).
    #[track_caller]
    pub fn nest_public(mut self, path: impl Into<String>, router: Router) -> Self {
        self.spec.program.hand_written.push(HandWritten::nested(path.into(), router, Location::caller()).public());
        self
    }

    /// Wraps everything that the app serves in a tower layer, hand-written routes and 404s included. The last layer
    /// that was added is the outermost.
    ///
    /// Like axum's `Router::layer` it wraps each route separately, so a layer that creates its own state creates it
    /// once per route.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<AxumRoute> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.spec.program.layers.push(Box::new(move |router| router.layer(layer)));
        self
    }

    /// Sets the address to listen on. Overrides file and environment. Defaults to 127.0.0.1:3000.
    pub fn addr(self, addr: SocketAddr) -> Self {
        self.configure(move |config| config.set_addr(addr))
    }

    /// Sets the configuration, in place of `routekit.toml` and the `ROUTEKIT_…` variables of the process.
    pub fn config(mut self, config: Config) -> Self {
        self.spec.settings.config = Some(Box::new(config));
        self
    }

    /// Changes the configuration once it is loaded. Overrides file and environment.
    ///
    /// ```
    /// # use routekit::{App, config::AdminAddr};
    /// # use std::time::Duration;
    /// let app = App::discover().configure(|config| {
    ///     config.set_timeout(Some(Duration::from_secs(10)));
    ///     config.set_admin_addr(AdminAddr::Main);
    /// });
    /// ```
    pub fn configure(mut self, change: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.spec.settings.changes.push(Box::new(change));
        self
    }

    /// Serves the admin surface on this listener. Overrides `admin_addr`.
    pub fn admin_listener(mut self, listener: TcpListener) -> Self {
        self.spec.settings.admin_listener = Some(listener);
        self
    }

    /// Adds a circuit breaker for calls that the program makes.
    ///
    /// Handlers take it as a dependency ([`provide_breaker`](Self::provide_breaker)), or find it by its name in
    /// `Dep<Breakers>`. A route with `breaker(name = "payments")` uses it as its own breaker, and does not count calls
    /// of the handler through it again. The breaker appears in the app's metrics and on its admin surface. Without a
    /// [`clock`](crate::breaker::CircuitBreakerBuilder::clock) of its own, it measures time with the app's.
    ///
    /// ```
    /// # use routekit::{App, breaker::CircuitBreaker};
    /// # fn main() -> Result<(), routekit::breaker::InvalidBreaker> {
    /// let app = App::discover().breaker(CircuitBreaker::builder("payments").failure_rate(0.2).build()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.spec.breakers.given.push((breaker, Location::caller()));
        self
    }

    /// Provides the circuit breaker with this name as a type of its own, so that a handler takes it as a
    /// [`Dep<T>`](crate::Dep). The app does not start if it has no breaker with this name.
    ///
    /// ```
    /// # use routekit::{breaker::CircuitBreaker, prelude::*};
    /// struct Bank(CircuitBreaker);
    ///
    /// #[get("/balance")]
    /// async fn balance(bank: Dep<Bank>) -> Result<String> {
    ///     Ok(bank.0.call(|| async { Ok::<_, std::io::Error>("12.50".to_owned()) }).await?)
    /// }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let breaker = CircuitBreaker::builder("bank").build()?;
    /// let app = App::with_routes(routes![balance]).breaker(breaker).provide_breaker("bank", Bank);
    /// # app.config(Default::default()).into_router()?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn provide_breaker<T, F>(mut self, name: impl Into<String>, wrap: F) -> Self
    where
        T: Send + Sync + 'static,
        F: FnOnce(CircuitBreaker) -> T + Send + 'static,
    {
        let location = Location::caller();
        self.spec.breakers.provided.push(ProvidedBreaker {
            name: name.into(),
            location,
            provide: Box::new(move |breaker, deps| deps.insert_if_absent(wrap(breaker))),
        });
        self.spec.dependencies.provided.push(Provided {
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            location,
        });
        self
    }

    /// Sets the cache that routes use. Defaults to a cache in memory whose size is the setting `cache.max_bytes`.
    /// Handlers take it as a `Dep<Cache>`.
    ///
    /// ```
    /// # use routekit::{App, cache::Cache};
    /// let app = App::discover().cache(Cache::builder().ttl_jitter(0.0));
    /// ```
    ///
    /// To share a cache with layers of hand-written routers, build it first:
    ///
    /// ```
    /// # use routekit::{App, Spawner, axum::Router, cache::{Cache, CacheLayer}};
    /// # let old_router: Router = Router::new();
    /// let cache = Cache::builder().spawner(Spawner::tokio()).build();
    /// let app = App::discover().cache(cache.clone()).merge(old_router.layer(CacheLayer::new(cache)));
    /// ```
    pub fn cache(mut self, cache: impl Into<CacheBuilder>) -> Self {
        self.spec.settings.cache = cache.into();
        self
    }

    /// Calls this function after each successful invalidation in this process. Use it to purge a CDN that receives the
    /// tags of responses (`cdn_tags = …`).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use routekit::App;
    /// # struct Edge;
    /// # impl Edge { async fn purge_all(&self) {} async fn purge_tags(&self, _: &[String]) {} }
    /// let edge = Arc::new(Edge);
    /// let app = App::discover().on_invalidate(async move |event| {
    ///     if event.everything {
    ///         edge.purge_all().await;
    ///     } else {
    ///         edge.purge_tags(&event.edge_tags()).await;
    ///     }
    /// });
    /// ```
    ///
    /// The function is called for invalidations by routes, handlers ([`Cache`](crate::cache::Cache)) and operators, and
    /// for the URLs of requests with an unsafe method. Its captures are cloned for each call.
    ///
    /// No request waits for the call; to wait, use [`on_invalidate_wait`](Self::on_invalidate_wait). Calls do not
    /// overlap, and come in the order of the invalidations. Invalidations during a call are merged into the next one,
    /// which names each target once, in one event for each partition. If more than 1,024 targets wait, the next event
    /// is for everything. A call is cut off after 30 seconds. The targets of a call that panicked or was cut off are
    /// logged as an error.
    ///
    /// A [cache](Self::cache) that was built before the app also reports invalidations by its other users, for as long
    /// as it exists.
    pub fn on_invalidate<F, R>(mut self, tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.spec.program.listeners.push(Listener::new(tell, None));
        self
    }

    /// Calls this function after each successful invalidation, like [`on_invalidate`](Self::on_invalidate), and holds
    /// back the response of the invalidating request until the function has returned, for at most `limit`.
    ///
    /// So a client that has changed something also sees the change through the CDN. When `limit` expires, the response
    /// is sent, a warning is logged, and the call continues. The time of a call includes its wait for an earlier call
    /// of the same function. The methods of [`Cache`](crate::cache::Cache) wait as well, so a function that invalidates
    /// in the same cache waits for itself until `limit` expires. The call continues if the client disconnects.
    ///
    /// ```
    /// # use std::{sync::Arc, time::Duration};
    /// # use routekit::App;
    /// # struct Edge;
    /// # impl Edge { async fn purge_tags(&self, _: &[String]) {} }
    /// let edge = Arc::new(Edge);
    /// let app = App::discover().on_invalidate_wait(Duration::from_secs(1), async move |event| {
    ///     edge.purge_tags(&event.edge_tags()).await;
    /// });
    /// ```
    pub fn on_invalidate_wait<F, R>(mut self, limit: Duration, tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.spec.program.listeners.push(Listener::new(tell, Some(limit)));
        self
    }

    /// Adds a page to the warm-up: a path with its query, or a URL, which also names the host.
    ///
    /// Before a server ([`serve`](Self::serve), [`serve_on`](Self::serve_on)) is ready, it requests its own cached
    /// pages, so that no client waits for the first response:
    ///
    /// 1. It requests every cached GET route without placeholders, and every page that `warm` names. It skips routes
    ///    that are cached per user or require an identity, because the warm-up has none, and those whose handler takes
    ///    more of the request than their cache key holds (see [Keys](crate::guide::caching#keys)).
    /// 2. Readiness is red until the warm-up ends, for at most 30 seconds. Requests that arrive earlier are answered.
    ///    Four pages are requested at a time. The warm-up starts with the server, so the dependencies of the handlers
    ///    should be available by then.
    /// 3. A request passes through all layers of its route. Request metrics and the access log do not include it; the
    ///    log has a report. A page that fails does not keep the app from starting. With `hot_pages_file` in the
    ///    `[cache]` table, the hottest pages of the last process are requested too (see
    ///    [restart without downtime](crate::guide::operation#restart-without-downtime)).
    /// 4. A stored response serves clients that request the same host ([`warm_host`](Self::warm_host)) over HTTP/1.1,
    ///    without the headers that the route varies by (`vary`). HTTP/2 without TLS has other entries.
    /// 5. `warm_up = "off"` in the `[cache]` table switches the warm-up off. An app that you serve as a router or a
    ///    service does not warm up.
    /// ```
    /// # use routekit::App;
    /// let app = App::discover()
    ///     .warm_host("shop.example")
    ///     .warm("/v2/users?page=1")
    ///     .warm("https://admin.shop.example/v2/users");
    /// ```
    ///
    /// A path without a GET route, or whose GET route is not cached, is a start-up error.
    #[track_caller]
    pub fn warm(mut self, page: impl Into<String>) -> Self {
        self.spec.program.warm_up.page(page.into(), Location::caller());
        self
    }

    /// Adds a host that clients request, such as `shop.example` or `shop.example:8080`. Each page is
    /// [requested](Self::warm) once for each host, because entries of one host do not answer requests for another.
    ///
    /// Behind a proxy, name the `Host` that the proxy sends. Defaults to the address that the app listens on, and to
    /// `localhost` with its port if that address is loopback or unspecified.
    #[track_caller]
    pub fn warm_host(mut self, host: impl Into<String>) -> Self {
        self.spec.program.warm_up.host(host.into(), Location::caller());
        self
    }

    /// Changes the [security headers](crate::edge::security_headers) of all responses. The configuration
    /// (`[security_headers]`) overrides them.
    ///
    /// ```
    /// # use routekit::{App, edge::SecurityHeadersLayer};
    /// // A proxy in front serves HTTPS, and nothing else.
    /// let app = App::discover().security_headers(SecurityHeadersLayer::new().https(true));
    /// ```
    pub fn security_headers(mut self, headers: SecurityHeadersLayer) -> Self {
        self.spec.settings.edge.security_headers = Some(headers);
        self
    }

    /// Lets pages of other origins read responses ([CORS](crate::edge::cors)). The configuration (`[cors]`) overrides
    /// each setting.
    ///
    /// ```
    /// # use routekit::{App, edge::CorsPolicy};
    /// let app = App::discover().cors(CorsPolicy::origins(["https://app.example.com"]).credentials());
    /// ```
    pub fn cors(mut self, policy: CorsPolicy) -> Self {
        self.spec.settings.edge.cors = Some(policy);
        self
    }

    /// Adds an observer of all requests, in addition to the metrics and the access log.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.spec.program.observers.push(Arc::new(observer));
        self
    }

    /// Returns the readiness that `/health/ready` reports. Parts of the program hold it red until they are ready.
    /// Handlers take it as a `Dep<Readiness>`.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.spec.program.readiness.clone()
    }

    /// Adds a health check, whose result `/health` and `/health/ready` report. See [`health`](crate::health).
    ///
    /// ```
    /// # use routekit::{App, health::HealthCheck};
    /// let app = App::discover()
    ///     .health(HealthCheck::system())
    ///     .health(HealthCheck::tcp("redis", "redis:6379"))
    ///     .health(HealthCheck::http("payments", "http://payments:8080/health"));
    /// ```
    ///
    /// Two checks with one name, and a check that can never run, are start-up errors.
    #[track_caller]
    pub fn health(mut self, check: HealthCheck) -> Self {
        self.spec.program.health.push((check, Location::caller()));
        self
    }

    /// Returns the alerts, which start and stop the evaluation of figures. Handlers take them as a `Dep<Alerts>`.
    #[must_use]
    pub fn alerts(&self) -> Alerts {
        self.spec.program.alerts.clone()
    }

    /// Calls this function with each change of an [alert](crate::alerts): raised, reminded, escalated, resolved.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use routekit::App;
    /// # struct Pager;
    /// # impl Pager { async fn page(&self, _: &str) {} }
    /// let pager = Arc::new(Pager);
    /// let app = App::discover().on_alert(async move |change| pager.page(&change.to_string()).await);
    /// ```
    ///
    /// Calls of one function do not overlap, and come in the order of the changes. A call that panics, or that takes
    /// longer than 30 seconds, is given up and logged. If more than 4096 changes wait for a function, further ones are
    /// dropped, counted and logged. No request waits for a call, and no other function or webhook. Its captures are
    /// cloned for each call.
    pub fn on_alert<F, R>(mut self, tell: F) -> Self
    where
        F: FnOnce(AlertChange) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.spec.program.alert_hooks.push(AlertHook::new(tell));
        self
    }

    /// Sets the clock that measures time. Defaults to the system's clock.
    ///
    /// A `timeout` runs on tokio's clock, which `tokio::time::pause` stops. If this clock is a
    /// [`ManualClock`](crate::ManualClock), it also expires when a test moves that clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.spec.program.clock = clock;
        self
    }

    /// Changes the cache after the configuration, for tests.
    pub(crate) fn change_cache(mut self, change: fn(CacheBuilder) -> CacheBuilder) -> Self {
        self.spec.settings.change_cache = Some(change);
        self
    }

    /// Replaces the routes, for tests.
    pub(crate) fn select(&mut self, routes: Vec<Route>) {
        self.spec.routes.selection = Selection::Listed(routes);
        self.spec.routes.expected_crates.clear();
    }

    /// Provides or replaces a dependency, for tests.
    pub(crate) fn replace<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.spec.dependencies.deps.insert(value);
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AppSpec { routes, dependencies, program, .. } = &self.spec;
        let provided: Vec<&str> = dependencies.provided.iter().map(|provided| provided.type_name).collect();
        f.debug_struct("App")
            .field("routes", &routes.selection)
            .field("provided", &provided)
            .field("prefix", &routes.prefix)
            .field("verifiers", &program.verifiers)
            .finish_non_exhaustive()
    }
}
