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
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    config,
    hand_written::HandWritten,
    mount::{self, Mounted},
    server, signal,
    table::RouteTable,
};
use crate::{
    clock::Clock,
    deps::DepsBuilder,
    route::{Route, Selection},
    setup::{Error, SetupProblem},
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
    pub(super) addr: Option<SocketAddr>,
    pub(super) clock: Clock,
}

pub(super) type AddLayer = Box<dyn FnOnce(Router) -> Router + Send>;

/// A type that was provided, and where.
pub(super) struct Provided {
    pub(super) type_id: TypeId,
    pub(super) type_name: &'static str,
    pub(super) location: &'static Location<'static>,
}

impl App {
    fn new(selection: Selection) -> Self {
        Self {
            selection,
            expected_crates: Vec::new(),
            deps: DepsBuilder::default(),
            provided: Vec::new(),
            prefix: String::new(),
            hand_written: Vec::new(),
            layers: Vec::new(),
            addr: None,
            clock: Clock::system(),
        }
    }

    /// Every route that is linked into this program.
    ///
    /// Linkers drop crates that nothing refers to: write `use billing_routes as _;`, and see
    /// [`expect_crates`](Self::expect_crates).
    pub fn discover() -> Self {
        Self::new(Selection::Linked)
    }

    /// The linked routes of these crates only, so that a dependency of a dependency cannot open endpoints. Each must
    /// bring at least one.
    pub fn discover_from<N: Into<String>>(crates: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = crates.into_iter().map(Into::into).collect();
        let app = Self::new(Selection::Crates(names.clone()));
        app.expect_crates(names)
    }

    /// These routes, for tests and small programs: `App::with_routes(routes![list_users])`.
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

    /// Puts this before the path of every discovered route. A path without placeholders: `/api`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Serves a hand-written router beside the routes. See axum's `Router::merge`.
    ///
    /// A fallback that it has stays. Its routes get what stands around everything (problems, a catch for panics) and no
    /// policies: those are declared on handlers.
    #[track_caller]
    pub fn merge(mut self, router: Router) -> Self {
        self.hand_written.push(HandWritten::merged(router, Location::caller()));
        self
    }

    /// Serves a hand-written router below a path. See axum's `Router::nest`.
    #[track_caller]
    pub fn nest(mut self, path: impl Into<String>, router: Router) -> Self {
        self.hand_written.push(HandWritten::nested(path.into(), router, Location::caller()));
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

    /// Listens on this address, whatever the environment says. Defaults to `ROUTEKIT_ADDR`, else 127.0.0.1:3000.
    pub fn addr(mut self, addr: SocketAddr) -> Self {
        self.addr = Some(addr);
        self
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
        Ok(self.mount()?.table)
    }

    /// The app as an axum router, to be served or nested by hand.
    ///
    /// Problems and bare 404s are those of this router; the router that it is nested in answers its own. Samples of metrics
    /// are folded whenever `/metrics` is scraped; only [`serve`](Self::serve) does so without a scrape.
    ///
    /// # Errors
    /// Everything that is wrong with the app.
    pub fn into_router(self) -> Result<Router, Error> {
        Ok(self.mount()?.into_router())
    }

    /// Serves the app until SIGTERM or SIGINT, and then finishes the requests in flight, for at most 30 seconds.
    /// A second signal ends it at once.
    ///
    /// If no `metrics` recorder is installed, the app's own becomes the program's, so that a handler's `counter!` is
    /// scraped too.
    ///
    /// # Errors
    /// Everything that is wrong with the app, or an address that cannot be listened on.
    pub async fn serve(self) -> Result<(), Error> {
        let self_addr = self.addr;
        let addr = self_addr.map_or_else(config::addr, Ok);
        let (addr, mounted) = match (addr, self.mount()) {
            (Ok(addr), Ok(mounted)) => (addr, mounted),
            (addr, mounted) => {
                let mut problems: Vec<SetupProblem> = addr.err().into_iter().collect();
                problems.extend(mounted.err().into_iter().flat_map(Error::into_problems));
                return Err(Error::new(problems));
            }
        };
        let setting = if self_addr.is_some() { "`App::addr`" } else { config::ADDR };
        let bind = |error| Error::from(SetupProblem::Bind { addr, setting, error });
        let listener = TcpListener::bind(addr).await.map_err(bind)?;
        // An error says that the program has one already, which then gets what handlers count.
        let _ = metrics::set_global_recorder(mounted.exporter.recorder());
        let (first, second) = (signal::nth(1), signal::nth(2));
        server::serve(mounted, listener, first, second).await
    }

    /// Serves the app on a listener of your own until `shutdown` ends, and then finishes the requests in flight, for at
    /// most 30 seconds. Installs no recorder.
    ///
    /// # Errors
    /// Everything that is wrong with the app, or requests that were cut off.
    pub async fn serve_on(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let mounted = self.mount()?;
        server::serve(mounted, listener, shutdown, std::future::pending()).await
    }

    pub(crate) fn mount(self) -> Result<Mounted, Error> {
        mount::mount(self)
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
            .finish_non_exhaustive()
    }
}
