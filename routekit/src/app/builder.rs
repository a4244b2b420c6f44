//! What a program says about its app.

use std::{
    any::{TypeId, type_name},
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    panic::Location,
    sync::Arc,
};

use axum::{Router, extract::Request, response::IntoResponse, routing::Route as AxumRoute};
use http::request::Parts;
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    hand_written::HandWritten,
    mount::{self, Mounted},
    recorder::Scope,
    server::{self, BoundListeners},
    service::AppService,
    table::RouteTable,
    warm_up::Wishes,
};
use crate::{
    auth::{Identify, IdentifyBy, Verifier, Verifiers},
    breaker::CircuitBreaker,
    cache::{CacheBuilder, Invalidation, Listener},
    clock::Clock,
    config::{AdminAddr, Config},
    deps::DepsBuilder,
    health::Readiness,
    identity::Identity,
    observe::Observer,
    policy::Explanation,
    route::{Route, Selection},
    setup::{self, Error, SetupProblem},
};

/// An API: its routes, what they depend on, and hand-written axum routers beside them.
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
/// Nothing is checked before [`serve`](Self::serve), [`into_router`](Self::into_router) or [`table`](Self::table), which
/// report everything that is wrong at once.
#[must_use = "an app does nothing until it is served"]
pub struct App {
    pub(super) selection: Selection,
    pub(super) expected_crates: Vec<String>,
    pub(super) deps: DepsBuilder,
    pub(super) provided: Vec<Provided>,
    pub(super) prefix: String,
    pub(super) hand_written: Vec<HandWritten>,
    pub(super) layers: Vec<AddLayer>,
    /// Instead of what the process is told.
    pub(super) config: Option<Config>,
    pub(super) configure: Vec<Configure>,
    pub(super) admin_listener: Option<TcpListener>,
    pub(super) readiness: Readiness,
    pub(super) verifiers: Verifiers,
    /// Whether routes that do not say who may call them are closed.
    pub(super) require_auth: bool,
    pub(super) cache: CacheBuilder,
    /// The program's own, and where each was given.
    pub(super) breakers: Vec<(CircuitBreaker, &'static Location<'static>)>,
    /// Who is told what is invalid.
    pub(super) listeners: Vec<Listener>,
    pub(super) warm_up: Wishes,
    pub(super) observers: Vec<Arc<dyn Observer>>,
    pub(super) clock: Clock,
}

pub(super) type AddLayer = Box<dyn FnOnce(Router) -> Router + Send>;
pub(super) type Configure = Box<dyn FnOnce(&mut Config) + Send>;

/// A type that was provided, and where.
pub(super) struct Provided {
    pub(super) type_id: TypeId,
    pub(super) type_name: &'static str,
    pub(super) location: &'static Location<'static>,
}

impl App {
    #[track_caller]
    fn new(selection: Selection) -> Self {
        let app = Self {
            selection,
            expected_crates: Vec::new(),
            deps: DepsBuilder::default(),
            provided: Vec::new(),
            prefix: String::new(),
            hand_written: Vec::new(),
            layers: Vec::new(),
            config: None,
            configure: Vec::new(),
            admin_listener: None,
            readiness: Readiness::new(),
            verifiers: Verifiers::new(),
            require_auth: false,
            cache: CacheBuilder::default(),
            breakers: Vec::new(),
            listeners: Vec::new(),
            warm_up: Wishes::default(),
            observers: Vec::new(),
            clock: Clock::system(),
        };
        let readiness = app.readiness.clone();
        app.provide(readiness)
    }

    /// Every route that is linked into this program.
    ///
    /// Linkers drop crates that nothing refers to: write `use billing_routes as _;`, and see
    /// [`expect_crates`](Self::expect_crates).
    #[track_caller]
    pub fn discover() -> Self {
        Self::new(Selection::Linked)
    }

    /// The linked routes of these crates only, so that a dependency of a dependency cannot open endpoints. Each must
    /// bring at least one.
    #[track_caller]
    pub fn discover_from<N: Into<String>>(crates: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = crates.into_iter().map(Into::into).collect();
        let app = Self::new(Selection::Crates(names.clone()));
        app.expect_crates(names)
    }

    /// These routes, for tests and small programs: `App::with_routes(routes![list_users])`.
    #[track_caller]
    pub fn with_routes(routes: impl IntoIterator<Item = Route>) -> Self {
        Self::new(Selection::Listed(routes.into_iter().collect()))
    }

    /// It is an error if one of these crates brings no routes, because nothing refers to it and the linker dropped it.
    pub fn expect_crates<N: Into<String>>(mut self, crates: impl IntoIterator<Item = N>) -> Self {
        self.expected_crates.extend(crates.into_iter().map(Into::into));
        self
    }

    /// Gives a value to every route that takes a [`Dep<T>`](crate::Dep), or has `state = T`.
    #[track_caller]
    pub fn provide<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.provide_shared(Arc::new(value))
    }

    /// The same for a value that is shared already, such as a trait object: `provide_shared::<dyn Mailer>(mailer)`.
    #[track_caller]
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.deps.insert(value);
        self.provided.push(Provided {
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            location: Location::caller(),
        });
        self
    }

    /// Has this one find out who is asking, for routes that want to know. The first verifier that knows is believed; see
    /// [`auth`](crate::auth).
    ///
    /// ```
    /// # use routekit::{App, auth::ApiKeys, identity::Identity};
    /// # fn key_of_the_reports() -> String { "3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4".to_owned() }
    /// let app = App::discover().verifier(ApiKeys::new().key(key_of_the_reports(), Identity::new("reports")));
    /// ```
    pub fn verifier(mut self, verifier: impl Verifier) -> Self {
        self.verifiers.add(verifier);
        self
    }

    /// Has an async function find out who is asking: `None` where it does not know. For an API that has authentication already
    /// and moves in: what a layer has verified becomes an [`Identity`].
    ///
    /// ```
    /// # use routekit::{App, identity::Identity};
    /// #[derive(Clone)]
    /// struct CurrentUser {
    ///     name: String,
    /// }
    ///
    /// // `session_layer` is the layer of yours that checks a session.
    /// # let session_layer = tower::layer::util::Identity::new();
    /// let app = App::discover().layer(session_layer).identify(async |request| {
    ///     let user = request.extensions.get::<CurrentUser>()?;
    ///     Some(Identity::new(&user.name).with_roles(["member"]))
    /// });
    /// ```
    ///
    /// A function that captures something hands its future a clone: `move |request: &Parts| { … async move { … } }`.
    pub fn identify<F>(self, identify: F) -> Self
    where
        F: AsyncFn(&Parts) -> Option<Identity> + for<'a> IdentifyBy<'a>,
    {
        self.verifier(Identify(identify))
    }

    /// Closes every route that does not say who may call it: whoever is identified may, so that a forgotten annotation fails
    /// closed. A route is open to everybody with `public`, a hand-written router with
    /// [`merge_public`](Self::merge_public) and [`nest_public`](Self::nest_public).
    pub fn require_auth(mut self) -> Self {
        self.require_auth = true;
        self
    }

    /// Puts this before the path of every discovered route. A path without placeholders: `/api`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Serves a hand-written router beside the routes. See axum's `Router::merge`.
    ///
    /// A fallback that it has stays. With [`require_auth`](Self::require_auth), it wants an identity. Its routes get what stands around everything (metrics, correlation, problems, a catch
    /// for panics) and no policies: those are declared on handlers.
    #[track_caller]
    pub fn merge(mut self, router: Router) -> Self {
        self.hand_written.push(HandWritten::merged(router, Location::caller()));
        self
    }

    /// The same for a router that is open to everybody, also with [`require_auth`](Self::require_auth).
    #[track_caller]
    pub fn merge_public(mut self, router: Router) -> Self {
        self.hand_written.push(HandWritten::merged(router, Location::caller()).public());
        self
    }

    /// Serves a hand-written router below a path. See axum's `Router::nest`.
    #[track_caller]
    pub fn nest(mut self, path: impl Into<String>, router: Router) -> Self {
        self.hand_written.push(HandWritten::nested(path.into(), router, Location::caller()));
        self
    }

    /// The same for a router that is open to everybody, also with [`require_auth`](Self::require_auth).
    #[track_caller]
    pub fn nest_public(mut self, path: impl Into<String>, router: Router) -> Self {
        self.hand_written.push(HandWritten::nested(path.into(), router, Location::caller()).public());
        self
    }

    /// Puts a tower layer around everything that is served, hand-written routers and 404s included. The last one added
    /// is the outermost.
    ///
    /// As axum's `Router::layer` does: once around each route, so state that the layer makes for itself is per route.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<AxumRoute> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.layers.push(Box::new(move |router| router.layer(layer)));
        self
    }

    /// Listens on this address, whatever file and environment say. Defaults to 127.0.0.1:3000.
    pub fn addr(self, addr: SocketAddr) -> Self {
        self.configure(move |config| config.addr = addr.into())
    }

    /// Takes this configuration instead of what the process is told by `routekit.toml` and `ROUTEKIT_…` variables.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Changes the configuration, whatever file and environment say.
    ///
    /// ```
    /// # use routekit::{App, config::AdminAddr};
    /// # use std::time::Duration;
    /// let app = App::discover().configure(|config| {
    ///     config.timeout = Some(Duration::from_secs(10)).into();
    ///     config.admin_addr = AdminAddr::Main.into();
    /// });
    /// ```
    pub fn configure(mut self, change: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.configure.push(Box::new(change));
        self
    }

    /// Serves the admin surface on this listener, whatever `admin_addr` says.
    pub fn admin_listener(mut self, listener: TcpListener) -> Self {
        self.admin_listener = Some(listener);
        self
    }

    /// Adds a circuit breaker for what the program calls: `Dep<Breakers>` finds it by its name, and so does a route with
    /// `breaker(name = "payments")`, which then opens and closes with it; not one whose handler calls through it as well. It has a clock of its own
    /// ([`clock`](crate::breaker::CircuitBreakerBuilder::clock)), also in tests. It is among the app's metrics and on its admin surface.
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
        self.breakers.push((breaker, Location::caller()));
        self
    }

    /// Has routes use this cache. Defaults to one in memory, as large as `cache_max_bytes` says. Handlers take it as a
    /// `Dep<Cache>`.
    ///
    /// ```
    /// # use routekit::{App, cache::Cache};
    /// let app = App::discover().cache(Cache::builder().ttl_jitter(0.0));
    /// ```
    ///
    /// One that is made already can be used by layers of hand-written routers as well:
    ///
    /// ```
    /// # use routekit::{App, Spawner, axum::Router, cache::{Cache, CacheLayer}};
    /// # let old_router: Router = Router::new();
    /// let cache = Cache::builder().spawner(Spawner::new(|task| drop(tokio::spawn(task)))).build();
    /// let app = App::discover().cache(cache.clone()).merge(old_router.layer(CacheLayer::new(cache)));
    /// ```
    pub fn cache(mut self, cache: impl Into<CacheBuilder>) -> Self {
        self.cache = cache.into();
        self
    }

    /// Calls this function after each invalidation in this process that succeeded: to purge what a CDN keeps, whose answers `cdn_tags = …`
    /// tells it the tags of.
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
    /// It is told what routes, handlers ([`Cache`](crate::cache::Cache)) and operators make invalid, and the URLs of requests of an unsafe method. What it
    /// captures is cloned for each call. Each call is a task of its own, for which no request waits, and of which there are 1,024 at a time: what is
    /// invalid beyond that is not told, nor is what a call that panics or is cut off was about, which an error in the log says.
    ///
    /// A cache that is made already ([`cache`](Self::cache)) tells it what is made invalid by others who use it, too, as long as there is that cache.
    pub fn on_invalidate<F, R>(mut self, tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.listeners.push(Listener::new(tell));
        self
    }

    /// Asks for this page as well before the app is ready: a path with its query, as a client writes it, or a URL, which says the host.
    ///
    /// When a server starts ([`serve`](Self::serve), [`serve_on`](Self::serve_on)), it asks itself for its cached pages, so that no
    /// client waits for the first answer:
    ///
    /// 1. Every cached GET route without placeholders is asked for, and what `warm` names. Not those that are cached per user or want an
    ///    identity, because nobody is asking.
    /// 2. Readiness is held red until it has ended, for at most 30 seconds; requests that come all the same are answered. Four pages at
    ///    a time. It begins with the server: what handlers need should be there by then.
    /// 3. A request goes through everything that stands around its route. It is no traffic: neither the metrics of requests nor the access
    ///    log have it. The report is in the log, and a page that fails keeps nothing from starting.
    /// 4. An answer is kept for those who ask for the same host ([`warm_host`](Self::warm_host)), with HTTP/1.1, and without any of the
    ///    headers that the route tells answers apart by (`vary`). Over HTTP/2 without TLS, entries are others.
    /// 5. `cache_warm_up = "off"` turns it off where the app is deployed. A router or a service that is served by hand is not warmed.
    ///
    /// ```
    /// # use routekit::App;
    /// let app = App::discover()
    ///     .warm_host("shop.example")
    ///     .warm("/v2/users?page=1")
    ///     .warm("https://admin.shop.example/v2/users");
    /// ```
    ///
    /// A path that no GET route has, or one that is not cached, is an error at start-up.
    #[track_caller]
    pub fn warm(mut self, page: impl Into<String>) -> Self {
        self.warm_up.page(page.into(), Location::caller());
        self
    }

    /// The host that clients ask for, as `shop.example` or `shop.example:8080`: pages are [warmed](Self::warm) for each that was named, because
    /// what was asked of one host is not given to who asks another.
    ///
    /// Behind a proxy, it is what the proxy sends as `Host`. Defaults to the address that is listened on, and `localhost` with its port
    /// where that is this machine's own or all addresses.
    #[track_caller]
    pub fn warm_host(mut self, host: impl Into<String>) -> Self {
        self.warm_up.host(host.into(), Location::caller());
        self
    }

    /// Tells this observer of every request, beside the metrics and the access log.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// What `/health/ready` says, for parts of the program that hold it red while they are not ready. Handlers take it as
    /// a `Dep<Readiness>`.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Measures with this clock. Defaults to the system's. Timeouts run on tokio's time, which `tokio::time::pause` stops.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Every route with its effective policies, as the start-up log prints it.
    ///
    /// # Errors
    /// Everything that is wrong with the app.
    pub fn table(self) -> Result<RouteTable, Error> {
        Ok(self.mount(Scope::Program)?.table)
    }

    /// What happens to a request of one route, named by method and path: `GET /v2/users`.
    ///
    /// ```
    /// # use routekit::{config::Config, prelude::*};
    /// #[get("/v2/users", timeout = "2s")]
    /// async fn users() {}
    ///
    /// let app = App::with_routes(routes![users]).config(Config::default());
    /// let explanation = app.explain("GET /v2/users").unwrap();
    /// assert!(explanation.to_string().contains("timeout = 2s (attribute)"));
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with the app, or a route that it does not have.
    pub fn explain(self, route: &str) -> Result<Explanation, Error> {
        let table = self.table()?;
        table.explain(route).ok_or_else(|| {
            let routes: Vec<String> = table.explanations().map(|explanation| explanation.route).collect();
            let nearest = setup::nearest(route, routes.iter().map(String::as_str)).map(str::to_owned);
            let (route, named_by) = (route.to_owned(), "`App::explain`".to_owned());
            SetupProblem::UnknownRoute { route, named_by, nearest }.into()
        })
    }

    /// The app as an axum router, to be served or nested by hand.
    ///
    /// Problems and bare 404s are those of this router; the router that it is nested in answers its own. The admin surface
    /// is in it if `admin_addr` is `main`; see also [`into_routers`](Self::into_routers).
    ///
    /// # Errors
    /// Everything that is wrong with the app.
    pub fn into_router(self) -> Result<Router, Error> {
        Ok(self.into_routers()?.0)
    }

    /// The app as a tower service, for a server of your own. It costs less a request than
    /// [`into_router`](Self::into_router), whose layers axum puts around each route; nothing can be merged into it.
    ///
    /// # Errors
    /// Everything that is wrong with the app.
    pub fn into_service(self) -> Result<AppService, Error> {
        Ok(self.mount(Scope::Program)?.service())
    }

    /// The app and its admin surface as two axum routers, to be served by hand on two listeners. There is no second one if
    /// `admin_addr` is `main` or `off`.
    ///
    /// # Errors
    /// Everything that is wrong with the app.
    pub fn into_routers(self) -> Result<(Router, Option<Router>), Error> {
        Ok(self.mount(Scope::Program)?.into_routers())
    }

    /// Serves the app until SIGTERM or SIGINT, and then finishes the requests in flight, for at most 30 seconds.
    /// A second signal ends it at once.
    ///
    /// If no `metrics` recorder is installed, the app's own becomes the program's, so that a handler's `counter!` is
    /// scraped too.
    ///
    /// # Errors
    /// Everything that is wrong with the app, or an address that cannot be listened on.
    pub async fn serve(mut self) -> Result<(), Error> {
        let admin = self.take_admin_listener();
        let mounted = self.mount(Scope::Program)?;
        let listeners = server::bind(&mounted.config, admin).await?;
        mounted.install_recorder();
        let (first, second) = (server::signal::nth(1), server::signal::nth(2));
        server::serve(mounted, listeners, first, second).await
    }

    /// Serves the app on a listener of your own until `shutdown` ends, and then finishes the requests in flight, for at
    /// most 30 seconds.
    ///
    /// Installs no recorder and opens no port: the admin surface is served on
    /// [`admin_listener`](Self::admin_listener), if one was given.
    ///
    /// # Errors
    /// Everything that is wrong with the app, or requests that were cut off.
    pub async fn serve_on(
        mut self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), Error> {
        let admin = self.take_admin_listener();
        let mounted = self.mount(Scope::Program)?;
        server::serve(mounted, BoundListeners { main: listener, admin }, shutdown, std::future::pending()).await
    }

    /// For tests: metrics of its own, and no configuration but what the program says.
    pub(crate) fn mount_alone(self) -> Result<Mounted, Error> {
        self.mount(Scope::Alone)
    }

    /// The listener that was given, which has the admin surface whatever the configuration says.
    fn take_admin_listener(&mut self) -> Option<TcpListener> {
        let listener = self.admin_listener.take()?;
        if let Ok(addr) = listener.local_addr() {
            self.configure.push(Box::new(move |config| config.admin_addr = AdminAddr::Own(addr).into()));
        }
        Some(listener)
    }

    fn mount(self, scope: Scope) -> Result<Mounted, Error> {
        mount::mount(self, scope)
    }

    /// For tests: these routes instead.
    pub(crate) fn select(&mut self, routes: Vec<Route>) {
        self.selection = Selection::Listed(routes);
        self.expected_crates.clear();
    }

    /// For tests: this dependency, whether or not there is one already.
    pub(crate) fn replace<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.deps.insert(value);
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provided: Vec<&str> = self.provided.iter().map(|provided| provided.type_name).collect();
        f.debug_struct("App")
            .field("routes", &self.selection)
            .field("provided", &provided)
            .field("prefix", &self.prefix)
            .field("verifiers", &self.verifiers)
            .finish_non_exhaustive()
    }
}
